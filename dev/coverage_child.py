"""Marks which lines of tools/ are executed in the processes that tools/sandbox.py starts.

Such a process may write no file, and a limit ends it at any moment. Each line is therefore marked when it
is executed, by a byte of memory that is shared with a file. The mark stands in the compiled script itself:
to trace would slow down what the script calls, and its limits are those of a real run.
"""

import ast
import builtins
import mmap
import os
import runpy
import sys

_SIZE = 1 << 16  # more than there are lines in a file


def start(tools, folder):
    """Mark the lines of this process, if it is one of the sandbox. Called whenever Python starts.

    :param str tools: folder of the files whose lines are marked.
    :param str folder: where the marks go: of each file one byte a line, 1 when it was executed.
    """
    if sys.orig_argv[1:2] != ["-I"] or os.path.basename(sys.orig_argv[2]) != "sandbox.py":
        return
    sandbox, script = sys.orig_argv[2], sys.orig_argv[6]
    # Now, for nothing can be made to grow when the limits are lowered.
    marks = _open_marks(folder, sandbox)
    if os.path.realpath(os.path.dirname(script)) == tools:
        builtins.__mark__ = _open_marks(folder, script).__setitem__

    def trace(frame, event, argument):
        if frame.f_code.co_filename != sandbox:
            return None
        marks[frame.f_lineno] = 1
        return trace

    def compile_marked(source, *arguments, **options):
        sys.settrace(None)  # the sandbox has done its part
        if hasattr(builtins, "__mark__"):
            source = ast.fix_missing_locations(_Marker().visit(ast.parse(source)))
        return compile(source, *arguments, **options)

    # The sandbox itself was compiled by Python, and its few lines can be traced.
    runpy.compile = compile_marked
    sys.settrace(trace)


def _open_marks(folder, path):
    file = os.open(os.path.join(folder, os.path.basename(path)), os.O_RDWR | os.O_CREAT)
    os.truncate(file, _SIZE)
    marks = mmap.mmap(file, _SIZE)
    os.close(file)
    return marks


class _Marker(ast.NodeTransformer):
    """Puts before each statement one that marks its line, and a mark into each `except`."""

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

    @staticmethod
    def _mark(line):
        return ast.Call(ast.Name("__mark__", ast.Load()), [ast.Constant(line), ast.Constant(1)], [])
