using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace MuonSharp.Architecture.Tests;

/// <summary>
/// The reference of the libraries, made from their doc comments. It is not committed:
/// <c>MUONSHARP_WRITE_DOCS=1 dotnet run --project tests/MuonSharp.Architecture.Tests -- -class '*ApiReferenceTests'</c> writes it to <c>artifacts/api</c>.
/// </summary>
public partial class ApiReferenceTests
{
    public static TheoryData<string> Libraries => [.. Repository.PromisedLibraries];

    [Theory]
    [MemberData(nameof(Libraries))]
    public void Every_public_type_has_its_part_and_says_what_it_is(string library)
    {
        Type[] types = [.. Assembly.Load(library).GetExportedTypes().OrderBy(TypeName.Of, StringComparer.Ordinal)];
        string[] parts = [.. Parts(library, types)];
        Assert.Equal(types.Length, parts.Length);
        Assert.All(parts, part => Assert.True(part.Split("\n\n").Length >= 2 && !part.Contains("<para>", StringComparison.Ordinal), part));
        if (Environment.GetEnvironmentVariable("MUONSHARP_WRITE_DOCS") != "1") return;
        string folder = Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts", "api")).FullName;
        File.WriteAllText(Path.Combine(folder, library + ".md"), $"# {library}\n\n{string.Join('\n', parts)}");
    }

    private static IEnumerable<string> Parts(string library, Type[] types)
    {
        ILookup<string, XElement> members = XDocument.Load(Path.Combine(AppContext.BaseDirectory, library + ".xml")).Descendants("member").ToLookup(member => OwnerOf(Name(member)), StringComparer.Ordinal);
        foreach (Type type in types)
        {
            XElement[] own = [.. members[type.FullName!.Replace('+', '.')]];
            string head = string.Concat(own.Where(member => Name(member).StartsWith("T:", StringComparison.Ordinal)).SelectMany(Paragraphs));
            string list = string.Concat(own.Where(member => !Name(member).StartsWith("T:", StringComparison.Ordinal))
                .Select(member => $"- `{Title(Name(member), type)}`: {string.Join(' ', Paragraphs(member).Select(text => text.Trim()))}\n").Order(StringComparer.Ordinal));
            yield return $"## {TypeName.Of(type).Replace("<", "&lt;", StringComparison.Ordinal)}\n\n{head}{list}";
        }
    }

    private static string Name(XElement member) => member.Attribute("name")!.Value;

    private static string OwnerOf(string name)
    {
        string plain = name[2..].Split('(')[0];
        return name.StartsWith("T:", StringComparison.Ordinal) ? plain : plain[..plain.LastIndexOf('.')];
    }

    /// <summary>The member without its owner; namespaces of parameters go.</summary>
    private static string Title(string name, Type owner) =>
        Namespaces().Replace(name[(2 + owner.FullName!.Length + 1)..].Replace("#ctor", "new", StringComparison.Ordinal), "");

    /// <summary>Summary and remarks as text, a paragraph each; names in code marks.</summary>
    private static IEnumerable<string> Paragraphs(XElement member)
    {
        foreach (XElement reference in member.Descendants().Where(inner => inner.Name.LocalName is "see" or "paramref" or "typeparamref" or "c").ToList())
        {
            string text = reference.Attribute("cref")?.Value[2..].Split('(')[0].Split('.')[^1] ?? reference.Attribute("name")?.Value ?? reference.Attribute("langword")?.Value ?? reference.Value;
            reference.ReplaceWith($"`{text}`");
        }

        IEnumerable<XElement> parts = member.Elements("summary").Concat(member.Elements("remarks")).SelectMany(part => part.Elements("para").Any() ? part.Elements("para") : [part]);
        return parts.Select(part => Blanks().Replace(part.Value, " ").Trim() + "\n\n");
    }

    [GeneratedRegex(@"(?:[A-Za-z_]\w*\.)+(?=[A-Z])", RegexOptions.None, 10_000)]
    private static partial Regex Namespaces();

    [GeneratedRegex(@"\s+", RegexOptions.None, 10_000)]
    private static partial Regex Blanks();
}
