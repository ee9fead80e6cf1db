// Judges signatures by .NET's SignedXml, by which DIAN verifies them. Built and run by Mono, which has
// Microsoft's own source of it. Reads the paths of signed documents, one a line, and answers each with a
// line: its verdict, a tab and the path.
//
//   valid     however the document is read, and its identifiers are found
//   invalid   in every one of these ways
//   disputed  in some of them: which way a reader of DIAN goes, nobody outside knows
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using System.Security.Cryptography.Xml;
using System.Xml;

// Takes an attribute Id for an identifier, as validators do that were made for XAdES.
class SignedXmlById : SignedXml
{
    public SignedXmlById(XmlDocument document) : base(document) { }

    public override XmlElement GetIdElement(XmlDocument document, string id)
    {
        return base.GetIdElement(document, id)
            ?? document.SelectSingleNode("//*[@Id='" + id + "']") as XmlElement;
    }
}

static class Judge
{
    static int Main()
    {
        for (string path; (path = Console.ReadLine()) != null;)
        {
            Console.WriteLine(GetVerdict(path) + "\t" + path);
        }
        return 0;
    }

    static string GetVerdict(string path)
    {
        var verdicts = new List<bool>();
        foreach (var read in new Action<XmlDocument, string>[] { ReadFile, ReadText, ReadNormalized })
        {
            verdicts.Add(IsValid(path, read, document => new SignedXml(document)));
            verdicts.Add(IsValid(path, read, document => new SignedXmlById(document)));
        }
        return verdicts.All(valid => valid) ? "valid" : verdicts.Any(valid => valid) ? "disputed" : "invalid";
    }

    // Line ends in attributes stay as they are in the file.
    static void ReadFile(XmlDocument document, string path) { document.Load(path); }

    static void ReadText(XmlDocument document, string path) { document.LoadXml(File.ReadAllText(path)); }

    static void ReadNormalized(XmlDocument document, string path)
    {
        using (var reader = XmlReader.Create(path)) { document.Load(reader); }
    }

    static bool IsValid(
        string path, Action<XmlDocument, string> read, Func<XmlDocument, SignedXml> open)
    {
        try
        {
            var document = new XmlDocument { PreserveWhitespace = true, XmlResolver = null };
            read(document, path);
            var signature = document.DocumentElement.GetElementsByTagName("ds:Signature")[0];
            if (signature == null) { return false; }
            var signed = open(document);
            signed.LoadXml((XmlElement)signature);
            var keys = signed.KeyInfo.OfType<KeyInfoX509Data>().First();
            var certificate = new X509Certificate2((X509Certificate)keys.Certificates[0]);
            return signed.CheckSignature(certificate, true);
        }
        catch (Exception error)
        {
            // Whatever it stumbles over, it does not call it valid.
            Console.Error.WriteLine(path + ": " + error.Message);
            return false;
        }
    }
}
