using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.Runs;

/// <summary>A learning rate that looks meant in another unit: one line, and the run goes on.</summary>
public class AdviceTests
{
    private const string Remark = "note: [learning rate] 0.0003 is small for the factor 'original', where 0.005 to 0.02 is usual; meant in the unit of 'match-rms-adamw' it would be 0.000679 here";

    private static readonly string[] s_adamWSized = ["--set", "model.width=128", "--set", "optimizer.learningRate=3e-4", "--steps", "1"];

    [Fact(Explicit = true)]
    public void Train_says_it_in_its_banner()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains(Remark, Tool.Run(TinyRun.Train(folder, folder.At("odd"), s_adamWSized)).Exits(0).Output, StringComparison.Ordinal);
        Assert.DoesNotContain("[learning rate]", Tool.Run(TinyRun.Train(folder, folder.At("usual"), "--steps", "1")).Exits(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_does_nothing_and_a_rate_that_is_never_reached_are_in_the_banner()
    {
        using var folder = new TemporaryFolder();
        string[] more = ["--steps", "12", "--optimizer", "adamw", "--set", "optimizer.momentum=0.5", "--set", "optimizer.learningRate=0.01"];
        string output = Tool.Run(TinyRun.Train(folder, folder.At("run"), more)).Exits(0).Output;
        Assert.Contains("note: [config] optimizer.momentum is set, but optimizer.name=adamw does not use it", output, StringComparison.Ordinal);
        Assert.Contains("learning rate 0.01, of which 0.00263 is reached", output, StringComparison.Ordinal);
        Assert.Contains("warm-up and decay overlap, so 0.00263 is the most that the rate reaches", output, StringComparison.Ordinal);
    }

    [Fact]
    public void As_json_it_is_on_standard_error_alone()
    {
        using var folder = new TemporaryFolder();
        ProcessResult result = Tool.Run(TinyRun.Train(folder, folder.At("run"), [.. s_adamWSized, "--json"])).Exits(0);
        Assert.Contains(Remark, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("[learning rate]", result.Output, StringComparison.Ordinal);
        Assert.Equal("end", (string?)result.Json[^1]["kind"]);
    }

    [Fact]
    public void Plan_says_it_and_shows_the_rate_in_every_unit()
    {
        string[] plan = ["plan", "--preset", "nanogpt-cpu", "--set", "optimizer.preset=moonlight", "--set", "optimizer.learningRate=0.02", "--base-width", "64"];
        ProcessResult result = Tool.Run(plan).Exits(0);
        Assert.Contains("note: [learning rate] 0.02 is large for the factor 'match-rms-adamw', where 0.0002 to 0.004 is usual", result.Output, StringComparison.Ordinal);

        // 0.02 · 0.2 sqrt(128) = 0.0453; half the width of this model is the base, so muP's rate is twice AdamW's.
        Assert.Matches(@"shape +as configured +original +match-rms-adamw +spectral-unclamped +mup-64", result.Output);
        Assert.Matches(@"\[128, 128\] +x16 +0\.02 match-rms-adamw +0\.0453 +0\.02 +0\.0453 +0\.04", result.Output);
        Assert.Contains("note: [learning rate]", Tool.Run([.. plan, "--json"]).Exits(0).Error, StringComparison.Ordinal);
    }
}
