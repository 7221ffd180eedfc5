using System.Text.Json.Nodes;
using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.Runs;

public class ReproduceTests
{
    private static readonly string[] s_names = ["sample-efficiency", "overhead", "optimizers", "width-transfer", "qk-clip", "orthogonalizer", "cifar", "speedrun", "same-bits"];

    [Fact]
    public void The_list_names_every_claim_with_its_goal()
    {
        ProcessResult text = Tool.Run("reproduce", "--list").Exits(0);
        Assert.All(s_names, name => Assert.Contains($"\n{name}  ", "\n" + text.Output, StringComparison.Ordinal));
        ProcessResult json = Tool.Run("reproduce", "--list", "--json").Exits(0);
        Assert.Equal(s_names, json.Json.Select(line => (string)line["name"]!));
        Assert.All(json.Json, line => Assert.All(["title", "statement", "source", "goal", "method"], key => Assert.NotEmpty((string)line[key]!)));
    }

    [Fact]
    public void A_name_that_is_none_and_no_name_list_the_names()
    {
        Tool.Run("reproduce", "speed").Fails(1, string.Join(", ", s_names));
        Tool.Run("reproduce").Fails(1, string.Join(", ", s_names));
        Tool.Run("reproduce", "cifar", "--quick").Fails(1, "--data");
        Tool.Run("reproduce", "qk-clip", "--quick", "--set", "model.widht=3").Fails(1, "model.width");
    }

    /// <summary>Eight ways to compute a training: threads, narrower vectors, ranks, and a kill; processes of the tool among them.</summary>
    [Fact]
    public void A_quick_run_has_one_hash_and_the_next_call_does_nothing_again()
    {
        using var folder = new TemporaryFolder();
        string results = folder.At("RESULTS.md");
        ProcessResult first = Tool.Run("reproduce", "same-bits", "--quick", "--out", folder.At("bits"), "--results", results, "--json").Exits(0);
        JsonNode result = Assert.Single(first.OfKind("result"));
        Assert.Single(result["rows"]!.AsArray().Select(row => (string)row![1]!).Distinct(StringComparer.Ordinal));
        Assert.Contains(first.OfKind("note"), note => ((string)note["text"]!).StartsWith("killed after step ", StringComparison.Ordinal));
        Assert.Equal("open", (string)result["verdict"]!);
        Assert.Contains("`muonsharp reproduce same-bits --quick`", File.ReadAllText(results), StringComparison.Ordinal);
        Assert.True(File.Exists(folder.At(Path.Combine("results", "same-bits.svg"))));

        ProcessResult again = Tool.Run("reproduce", "same-bits", "--quick", "--out", folder.At("bits"), "--results", results, "--json").Exits(0);
        Assert.All(again.OfKind("note"), note => Assert.EndsWith("(was there)", (string)note["text"]!, StringComparison.Ordinal));
        Assert.Equal(result["rows"]!.ToJsonString(), Assert.Single(again.OfKind("result"))["rows"]!.ToJsonString());
    }

    [Theory]
    [InlineData("overhead")]
    [InlineData("orthogonalizer", Explicit = true)]
    [InlineData("qk-clip", Explicit = true)]
    [InlineData("optimizers", Explicit = true)]
    [InlineData("width-transfer", Explicit = true)]
    [InlineData("sample-efficiency", Explicit = true)]
    [InlineData("speedrun", Explicit = true)]
    public void A_quick_run_prints_and_writes_its_table_beside_its_runs(string claim)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.At("docs"));
        File.WriteAllText(folder.At(Path.Combine("docs", "RESULTS.md")), "untouched");
        ProcessResult run = Tool.Run(["reproduce", claim, "--quick", "--threads", "1"], folder.At(".")).Exits(0);
        string written = File.ReadAllText(folder.At(Path.Combine("runs", "reproduce", $"{claim}-quick", "RESULTS.md")));
        Assert.Contains("A quick run", run.Output, StringComparison.Ordinal);
        Assert.Contains("**No verdict.** A quick run", written, StringComparison.Ordinal);
        Assert.Contains($"](results/{claim}.svg)", written, StringComparison.Ordinal);
        Assert.Equal("untouched", File.ReadAllText(folder.At(Path.Combine("docs", "RESULTS.md"))));
    }

    [Fact(Explicit = true)]
    public void A_claim_that_was_stopped_goes_on_with_the_same_command()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are sent the Unix way");
        using var folder = new TemporaryFolder();
        string[] command = ["reproduce", "orthogonalizer", "--quick", "--set", "train.steps=300", "--out", folder.At("runs"), "--results", folder.At("RESULTS.md"), "--json"];
        using (RunningProcess running = Tool.Start(command))
        {
            Assert.True(running.WaitForText("\"run-finished\""), running.Error);
            Signal.Send(running, Signal.Terminate);
            Assert.Single(running.Wait().Exits(130).OfKind("stopped"));
        }

        ProcessResult rest = Tool.Run(command).Exits(0);
        Assert.True((bool)rest.OfKind("run-finished").First()["was_there"]!);
        Assert.Single(rest.OfKind("result"));
        Assert.Contains("--set train.steps=300`", File.ReadAllText(folder.At("RESULTS.md")), StringComparison.Ordinal);
    }
}
