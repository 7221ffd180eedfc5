using System.Text.RegularExpressions;
using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.Packages;

/// <summary>The library example of the README: what it shows is what is compiled and run.</summary>
internal static partial class ReadmeExample
{
    /// <summary>The README's first C# block.</summary>
    public static string Code { get; } = Block().Match(File.ReadAllText(Path.Combine(Repository.Root, "README.md"))).Groups["code"].Value;

    [GeneratedRegex(@"```csharp\r?\n(?<code>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Block();
}
