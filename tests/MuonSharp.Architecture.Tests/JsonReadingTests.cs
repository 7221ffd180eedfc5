using System.Text.RegularExpressions;

namespace MuonSharp.Architecture.Tests;

/// <summary>JSON comes in through one door, which says what is wrong in one line: writing it is everybody's right, reading it is Formats' work.</summary>
public partial class JsonReadingTests
{
    [Fact]
    public void Only_formats_reads_json()
    {
        string[] files = [.. Repository.Files("src", "*.cs")];
        IEnumerable<string> wrong =
            from file in files
            let name = Repository.Relative(file)
            where !name.StartsWith("src/MuonSharp.Formats/", StringComparison.Ordinal)
            from Match match in Reading().Matches(File.ReadAllText(file))
            select $"{name}: {match.Value}";
        Offenders.None("JSON is read through MuonSharp.Formats.JsonFile", wrong);
        Assert.Contains(files, file => Reading().IsMatch(File.ReadAllText(file)));
    }

    [GeneratedRegex(@"\b(?:JsonDocument|JsonElement|Utf8JsonReader|JsonSerializer\.Deserialize\w*|Json(?:Node|Object|Array|Value)\.Parse\w*)\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Reading();
}
