using System.Text.Json.Nodes;
using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.Runs;

public class GenerateTests(TrainedRun trained) : IClassFixture<TrainedRun>
{
    [Fact]
    public void The_text_continues_the_prompt_and_only_the_speed_is_printed_beside_it()
    {
        ProcessResult result = Tool.Run("generate", "--run", trained.Run, "--prompt", "the model", "--tokens", "30").Exits(0);
        Assert.StartsWith("the model", result.Output, StringComparison.Ordinal);
        Assert.Equal("the model".Length + 30 + 1, result.Output.Length);
        Assert.Matches(@"^30 tokens, [\d.]+ a second; prompt 9 tokens, [\d.]+ a second\r?\n$", result.Error);
    }

    [Fact]
    public void A_prompt_may_come_from_standard_input()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the pipe is a shell's");
        string command = $"printf 'the model\\n' | dotnet exec '{Repository.Tool}' generate --run '{trained.Run}' --prompt - --tokens 30";
        using RunningProcess running = new("/bin/sh", ["-c", command], Path.GetTempPath(), new Dictionary<string, string>(StringComparer.Ordinal));
        Assert.Equal(Tool.Run("generate", "--run", trained.Run, "--prompt", "the model", "--tokens", "30").Exits(0).Output, running.Wait().Exits(0).Output);
    }

    [Fact(Explicit = true)]
    public void The_same_seed_gives_the_same_text_and_another_seed_another()
    {
        string Text(string seed, string threads) => Tool.Run("generate", "--run", trained.Run, "--tokens", "60", "--seed", seed, "--threads", threads).Exits(0).Output;
        Assert.Equal(Text("7", "1"), Text("7", "2"));
        Assert.NotEqual(Text("7", "1"), Text("8", "1"));
    }

    [Fact(Explicit = true)]
    public void At_temperature_0_the_seed_makes_no_difference()
    {
        string Text(params string[] more) => Tool.Run(["generate", "--run", trained.Run, "--tokens", "40", .. more]).Exits(0).Output;
        Assert.Equal(Text("--temperature", "0", "--seed", "1"), Text("--temperature", "0", "--seed", "2"));
        Assert.Equal(Text("--temperature", "0"), Text("--top-k", "1"));
    }

    [Fact]
    public void As_json_prompt_and_text_are_apart()
    {
        JsonObject line = Assert.Single(Tool.Run("generate", "--run", trained.Run, "--prompt", "the ", "--tokens", "12", "--json").Exits(0).Json);
        Assert.Equal("sample", (string?)line["kind"]);
        Assert.Equal("the ", (string?)line["prompt"]);
        Assert.Equal(12, ((string?)line["text"])!.Length);
        Assert.Equal(10, (int?)line["step"]);
        Assert.Equal("length", (string?)line["end"]);
        Assert.True((double?)line["tokens_per_second"] > 0);
    }

    [Fact]
    public void Several_prompts_have_a_text_each_that_ends_where_a_stop_text_would_come()
    {
        string[] command = ["generate", "--run", trained.Run, "--prompt", "the ", "--prompt", "a model", "--tokens", "40", "--temperature", "2", "--min-p", "0.01", "--repetition-penalty", "1.1"];
        JsonObject[] whole = [.. Tool.Run([.. command, "--json"]).Exits(0).Json];
        Assert.Equal(["the ", "a model"], whole.Select(line => (string?)line["prompt"]));
        string first = (string)whole[0]["text"]!, stop = first[10..12], second = (string)whole[1]["text"]!;
        Assert.Equal($"the {first.Split(stop)[0]}\n\na model{second.Split(stop)[0]}\n", Tool.Run([.. command, "--stop", stop]).Exits(0).Output);
        Assert.Equal("stop", (string?)Tool.Run([.. command, "--stop", stop, "--json"]).Exits(0).Json[0]["end"]);
    }

    [Fact(Explicit = true)]
    public void Characters_that_the_run_does_not_know_are_listed_or_left_out()
    {
        Tool.Run("generate", "--run", trained.Run, "--prompt", "The model\n#1: QQ", "--tokens", "5").Fails(2, "'Q' (U+0051) 2 times, first in line 2; '#' (U+0023) once", "data.tokenizer=byte", "--unknown skip");
        Assert.Equal("he model".Length, ((string?)Tool.Run("generate", "--run", trained.Run, "--prompt", "The model", "--unknown", "skip", "--tokens", "8", "--json").Exits(0).Json[0]["text"])!.Length);
        Tool.Run("generate", "--run", trained.Run, "--unknown", "drop").Fails(1, "--unknown must be refuse or skip; 'drop' came");
        using var folder = new TemporaryFolder();
        string other = folder.Write("other.txt", "the model #");
        Tool.Run("evaluate", "--run", trained.Run, "--data", other).Fails(2, "other.txt", "'#' (U+0023) once, first in line 1");
        ProcessResult skipped = Tool.Run("evaluate", "--run", trained.Run, "--data", other, "--unknown", "skip", "--json").Exits(0);
        Assert.Equal(9, (int?)skipped.Json[0]["tokens"]);
        Assert.Contains("1 character that the run's tokenizer does not know left out", skipped.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void No_tokens_give_the_prompt_alone() =>
        Assert.Equal("the\n", Tool.Run("generate", "--run", trained.Run, "--prompt", "the", "--tokens", "0").Exits(0).Output);

    [Fact]
    public void More_tokens_than_the_context_holds_are_drawn()
    {
        JsonNode? text = Tool.Run("generate", "--run", trained.Run, "--tokens", "100", "--json").Exits(0).Json[0]["text"];
        Assert.Equal(100, ((string?)text)!.Length);
    }
}
