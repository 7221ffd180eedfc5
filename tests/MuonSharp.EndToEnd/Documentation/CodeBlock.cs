using System.Text.RegularExpressions;
using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.Documentation;

/// <summary>A fenced block of a page.</summary>
/// <param name="Page">The page, relative to the repository's root.</param>
/// <param name="Line">The number of its first line.</param>
/// <param name="Language">What stands behind the fence; empty for most commands and outputs.</param>
/// <param name="Text">What is inside.</param>
internal sealed partial record CodeBlock(string Page, int Line, string Language, string Text)
{
    /// <summary>The blocks of the README, the package's page, CONTRIBUTING and everything below docs, but for the authors' log.</summary>
    public static IReadOnlyList<CodeBlock> All { get; } =
    [
        .. Directory.GetFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories).Where(page => Path.GetFileName(page) != "LOG.md").Order(StringComparer.Ordinal)
            .Concat(new[] { "README.md", "CONTRIBUTING.md", "src/PACKAGE.md" }.Select(page => Path.Combine(Repository.Root, page)))
            .SelectMany(Of),
    ];

    /// <summary>The lines that are commands: those of a shell's block, and of a block without a language the ones that begin like one. A backslash at the end goes on.</summary>
    public IEnumerable<string> Commands => Language is "" or "bash" or "console"
        ? Text.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(line => Language is "bash" || Command().IsMatch(line))
        : [];

    private static IEnumerable<CodeBlock> Of(string path)
    {
        string page = Path.GetRelativePath(Repository.Root, path).Replace('\\', '/'), text = File.ReadAllText(path).ReplaceLineEndings("\n");
        return Fence().Matches(text).Select(match => new CodeBlock(page, text[..match.Index].Count(letter => letter == '\n') + 2, match.Groups["language"].Value, match.Groups["text"].Value));
    }

    [GeneratedRegex(@"^```(?<language>\w*)\n(?<text>.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline | RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Fence();

    [GeneratedRegex("^(muonsharp|dotnet|out/|benchmarks/|python3|[A-Z_]+=) ?", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Command();
}
