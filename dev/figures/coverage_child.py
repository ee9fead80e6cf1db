"""Marks which lines of tools/ are executed in the processes that tools/sandbox.py starts.

Such a process may write no file, and a limit ends it at any moment. Each line is therefore marked when it
is executed, by a byte of memory that is shared with a file. The mark stands in the compiled script itself:
to trace would slow down what the script calls, and its limits are those of a real run.
"""

import ast
import builtins
import mmap
import os
import sys

_SIZE = 1 << 16  # more than there are lines in a file


def start(tools, folder):
    """Mark the lines of this process, if it is one of the sandbox. Called whenever Python starts.

    :param str tools: folder of the files whose lines are marked.
    :param str folder: where the marks go: of each file one byte a line, 1 when it was executed.
    """
    if sys.orig_argv[1:2] != ["-I"] or os.path.basename(sys.orig_argv[2]) != "sandbox_child.py":
        return
    # Now, for nothing can be opened when the rights are given up.
    place = os.path.dirname(sys.orig_argv[2])
    sandbox = {
        path: _open_marks(folder, path)
        for path in (os.path.join(place, f"sandbox_{name}.py") for name in ("child", "rights"))
    }
    scripts = {
        name: _open_marks(folder, name)
        for name in os.listdir(tools)
        if name.endswith("_child.py") and name != "sandbox_child.py"
    }
    compile_, exec_ = builtins.compile, builtins.exec

    def trace(frame, event, argument):
        marks = sandbox.get(frame.f_code.co_filename)
        if marks is None:
            return None

        def trace_lines(frame, event, argument):
            marks[frame.f_lineno] = 1
            return trace_lines

        marks[frame.f_lineno] = 1
        return trace_lines

    def compile_marked(source, filename, *arguments, **options):
        name = os.path.basename(filename) if isinstance(filename, str) else ""
        if name in scripts and os.path.realpath(os.path.dirname(filename)) == tools:
            mark = f"__mark_{name.removesuffix('.py')}__"
            setattr(builtins, mark, scripts[name].__setitem__)
            source = ast.fix_missing_locations(_Marker(mark).visit(ast.parse(source)))
        return compile_(source, filename, *arguments, **options)

    def exec_untraced(code, *arguments, **options):
        if getattr(code, "co_filename", None) in sandbox:
            return exec_(code, *arguments, **options)
        # A script, and what it imports: to trace would slow them down.
        sys.settrace(None)
        try:
            exec_(code, *arguments, **options)
        finally:
            sys.settrace(trace)

    builtins.compile, builtins.exec = compile_marked, exec_untraced
    # The sandbox itself was compiled by Python, and its lines can be traced.
    sys.settrace(trace)


def _open_marks(folder, path):
    file = os.open(os.path.join(folder, os.path.basename(path)), os.O_RDWR | os.O_CREAT)
    os.truncate(file, _SIZE)
    marks = mmap.mmap(file, _SIZE)
    os.close(file)
    return marks


class _Marker(ast.NodeTransformer):
    """Puts before each statement one that marks its line, and a mark into each `except`.

    :param str name: of the built-in function that marks a line
    """

    def __init__(self, name):
        self.name = name

    def generic_visit(self, node):
        super().generic_visit(node)
        for name in ("body", "orelse", "finalbody"):
            if isinstance(statements := getattr(node, name, None), list):
                setattr(node, name, [*self._mark_all(statements)])
        if isinstance(node, ast.ExceptHandler) and node.type:
            node.type = ast.BoolOp(ast.Or(), [self._mark(node.lineno), node.type])
        return node

    def _mark_all(self, statements):
        for statement in statements:
            if not self._is_docstring(statement):
                for decorator in getattr(statement, "decorator_list", ()):
                    yield ast.Expr(self._mark(decorator.lineno))
                yield ast.Expr(self._mark(statement.lineno))
            yield statement

    @staticmethod
    def _is_docstring(statement):
        return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)

    def _mark(self, line):
        return ast.Call(ast.Name(self.name, ast.Load()), [ast.Constant(line), ast.Constant(1)], [])
