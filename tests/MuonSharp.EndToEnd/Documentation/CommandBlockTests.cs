using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MuonSharp.EndToEnd.Processes;
using MuonSharp.EndToEnd.Runs;

namespace MuonSharp.EndToEnd.Documentation;

/// <summary>Commands in pages are commands of the tool that is built: their options, keys and presets exist. What is none of the tool's stands below, with who tests it.</summary>
public partial class CommandBlockTests
{
    private const string FromClone = "dotnet run -c Release --project src/MuonSharp.Cli -- ";

    /// <summary>Beginnings of commands that are not the tool's, and where they run.</summary>
    private static readonly Dictionary<string, string> s_others = new(StringComparer.Ordinal)
    {
        ["dotnet test"] = ".ci/run",
        ["dotnet pack"] = "PackageTests make the packages",
        ["dotnet tool install --global MuonSharp.Cli"] = "PackageTests run the line",
        ["dotnet nuget add source"] = "PackageTests run the line",
        ["dotnet add path/to/your.csproj"] = "PackageTests run the line",
        ["dotnet publish src/MuonSharp.Cli -p:PublishAot=true"] = "BinaryTests",
        ["dotnet publish src/MuonSharp.Cli -c Release -r "] = "OtherSystemsTests run the lines",
        ["dotnet run samples/"] = ".ci/run runs every sample",
        ["python3 samples/python/"] = "PythonScriptTests",
        ["benchmarks/run-"] = "needs PyTorch or an hour: for authors, by hand",
        ["PYTHON="] = "the same",
        ["OMP_NUM_THREADS="] = "another project's program, for authors, by hand",
        ["LC_ALL=C sed"] = ".ci/torchsharp runs the line",
        ["apt-get install"] = "the same",
    };

    public static TheoryData<string, int, string> Commands =>
        [.. CodeBlock.All.SelectMany(block => block.Commands.Select(command => (block.Page, block.Line, command)))];

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_command_of_a_page_is_one_of_the_tool_or_tested_elsewhere(string page, int line, string command)
    {
        string text = Launched().Replace(command, "muonsharp").Replace(FromClone, "muonsharp ", StringComparison.Ordinal).Replace("out/muonsharp", "muonsharp", StringComparison.Ordinal);
        if (!text.StartsWith("muonsharp", StringComparison.Ordinal))
        {
            Assert.True(s_others.Keys.Any(start => text.StartsWith(start, StringComparison.Ordinal)), $"{page}, line {line}: no test knows '{command}'");
            return;
        }

        string[] words = [.. Word().Matches(text.Split(" #")[0]).Select(word => word.Value.Trim('"', '\'')).Skip(1)];
        if (words.Length == 0 || words[0].StartsWith('<')) return;
        string help = Help(words[0]);
        for (int i = 1; i < words.Length; i++)
        {
            if (words[i].StartsWith("--", StringComparison.Ordinal)) Assert.True(Option(words[i].Split('=')[0]).IsMatch(help), $"{page}, line {line}: {words[0]} has no {words[i]}");
            if (words[i - 1] is "--set" or "--over") Assert.Contains(words[i].Split('=')[0], s_keys.Value);
            if (words[i - 1] == "--preset") Assert.True(File.Exists(Path.Combine(Repository.Root, "presets", words[i] + ".json")) || char.IsUpper(words[i][0]), $"{page}, line {line}: {words[i]}");
        }
    }

    [Fact]
    public void There_are_commands_of_every_kind() => Assert.All(
        new[] { "train", "generate", "evaluate", "compare", "sweep", "plan", "bench" }, name => Assert.Contains(CodeBlock.All.SelectMany(block => block.Commands), command => command.Contains($"muonsharp {name}", StringComparison.Ordinal)));

    private static readonly Lazy<HashSet<string>> s_keys = new(() =>
    {
        using var folder = new TemporaryFolder();
        JsonObject start = Tool.Run(TinyRun.Train(folder, folder.At("run"), "--steps", "1", "--json")).Exits(0).Json[0];
        return [.. Leaves(start["config"]!.AsObject(), "")];
    });

    private static readonly Dictionary<string, string> s_help = new(StringComparer.Ordinal);

    private static string Help(string command)
    {
        if (!s_help.TryGetValue(command, out string? help)) s_help[command] = help = Tool.Run(command, "--help").Exits(0).Output;
        return help;
    }

    private static IEnumerable<string> Leaves(JsonObject value, string prefix) => value.SelectMany(pair =>
        pair.Value is JsonObject inner ? Leaves(inner, $"{prefix}{pair.Key}.") : [prefix + pair.Key]);

    private static Regex Option(string name) => new($@"{Regex.Escape(name)}(?![\w-])", RegexOptions.None, TimeSpan.FromSeconds(10));

    /// <summary>Started as several ranks: the command is the same.</summary>
    [GeneratedRegex(@"^mpirun -n \d+ muonsharp", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Launched();

    [GeneratedRegex("\"[^\"]*\"|'[^']*'|[^ ]+", RegexOptions.None, 10_000)]
    private static partial Regex Word();
}
