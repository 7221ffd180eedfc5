using System.Text.Json.Nodes;
using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.Runs;

public class ProfileTests
{
    [Fact]
    public void The_table_names_operations_both_ways_and_the_optimizers_stages()
    {
        using var folder = new TemporaryFolder();
        ProcessResult result = Tool.Run(TinyRun.Train(folder, folder.At("run"), "--steps", "8", "--profile")).Exits(0);
        string table = result.Output[result.Output.IndexOf("where a step's ", StringComparison.Ordinal)..];
        Assert.Matches(@"forward +linear +\d+x\d+->\d+ ", table);
        Assert.Matches(@"backward +attention ", table);
        Assert.Matches(@"optimizer +muon: orthogonalize ", table);
        Assert.Matches(@"optimizer +all ", table);
        Assert.Contains("of peak", table, StringComparison.Ordinal);
    }

    [Fact]
    public void As_json_it_is_the_last_object_and_its_times_add_up()
    {
        using var folder = new TemporaryFolder();
        JsonObject last = Tool.Run(TinyRun.Train(folder, folder.At("run"), "--steps", "8", "--profile", "--json")).Exits(0).Json[^1];
        Assert.Equal(("profile", 6), ((string?)last["kind"], (int)last["steps"]!));
        double step = (double)last["step_ms"]!;
        Assert.Equal(step, last["rows"]!.AsArray().Sum(row => (double)row!["ms"]!), step * 1e-3);
        Assert.Contains(last["rows"]!.AsArray(), row => (string?)row!["name"] == "cross-entropy" && (double)row["flops"]! > 0 && (double)row["share_of_peak"]! is > 0 and <= 1);
    }

    [Fact(Explicit = true)]
    public void Without_the_option_there_is_none()
    {
        using var folder = new TemporaryFolder();
        Assert.DoesNotContain(Tool.Run(TinyRun.Train(folder, folder.At("run"), "--steps", "2", "--json")).Exits(0).Json, line => (string?)line["kind"] == "profile");
    }
}
