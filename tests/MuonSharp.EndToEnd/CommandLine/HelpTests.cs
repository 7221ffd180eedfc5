using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.CommandLine;

public class HelpTests
{
    [Fact]
    public void Help_lists_every_command()
    {
        ProcessResult result = Tool.Run("--help").Exits(0);
        Assert.All(["train", "generate", "evaluate", "report", "dashboard", "compare", "sweep", "reproduce", "plan", "replay", "bench", "tokenizer", "doctor"], command => Assert.Contains($"\n  {command} ", result.Output, StringComparison.Ordinal));
        Assert.Empty(result.Error);
    }

    [Theory]
    [InlineData("train", "--preset", "--config", "--set", "--data", "--optimizer", "--steps", "--run", "--resume", "--seed", "--threads", "--json")]
    [InlineData("generate", "--run", "--prompt", "--tokens", "--temperature", "--top-k", "--top-p", "--seed", "--threads", "--json")]
    [InlineData("evaluate", "--run", "--data", "--threads", "--json")]
    [InlineData("report", "RUN", "--out", "--json")]
    [InlineData("dashboard", "RUNS", "--port", "--host", "--json")]
    [InlineData("sweep", "--over", "--seeds", "--parallel", "--preset", "--config", "--set", "--data", "--optimizer", "--steps", "--out", "--seed", "--threads", "--json")]
    [InlineData("reproduce", "NAME", "--list", "--quick", "--data", "--threads", "--set", "--out", "--results", "--json")]
    [InlineData("plan", "--preset", "--config", "--set", "--data", "--optimizer", "--steps", "--threads", "--all", "--base-width", "--json")]
    [InlineData("replay", "--tolerance", "--threads", "--json")]
    [InlineData("bench", "--only", "--threads", "--optimizer", "--list", "--json")]
    [InlineData("tokenizer", "train", "encode", "decode")]
    [InlineData("doctor", "--mpi", "--json")]
    public void Help_of_a_command_lists_its_options_and_ends_with_examples(string command, params string[] options)
    {
        ProcessResult result = Tool.Run(command, "--help").Exits(0);
        Assert.All(options, option => Assert.Contains(option, result.Output, StringComparison.Ordinal));
        Assert.Contains($"Examples:\n  muonsharp {command}", result.Output, StringComparison.Ordinal);
        Assert.Empty(result.Error);
    }

    [Fact]
    public void No_command_shows_the_help_and_is_a_usage_error()
    {
        ProcessResult result = Tool.Run().Exits(1);
        Assert.Contains("Usage:", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_version_is_printed() => Assert.Matches(@"^\d+\.\d+\.\d+", Tool.Run("--version").Exits(0).Output);
}
