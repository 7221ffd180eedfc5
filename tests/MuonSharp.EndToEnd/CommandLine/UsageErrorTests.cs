using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.CommandLine;

public class UsageErrorTests
{
    [Fact]
    public void An_unknown_command_names_the_nearest() => Tool.Run("trian").Fails(1, "unknown command trian", "did you mean train?");

    [Fact]
    public void An_unknown_option_names_the_nearest() => Tool.Run("train", "--stpes", "3").Fails(1, "unknown option --stpes", "did you mean --steps?");

    [Fact]
    public void An_option_without_its_value_is_refused() => Tool.Run("train", "--steps").Fails(1, "--steps");

    [Fact]
    public void A_setting_of_an_unknown_key_names_the_nearest() => Tool.Run("train", "--set", "model.layer=3").Fails(1, "model.layer", "model.layers");

    [Fact]
    public void A_setting_without_an_equals_sign_is_refused() => Tool.Run("train", "--set", "model.layers").Fails(1, "key=value", "model.layers");

    [Theory]
    [InlineData("abc")]
    [InlineData("0")]
    [InlineData("-3")]
    [InlineData("1.5")]
    public void A_number_of_steps_that_is_none_is_refused(string steps) => Tool.Run("train", "--steps", steps).Fails(1, "train.steps", steps);

    [Fact]
    public void What_a_terminal_would_obey_in_a_configuration_is_shown_and_not_sent()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.At("c.json"), "{\"a\\u001b]0;owned\\u0007\": 1}");
        ProcessResult result = Tool.Run("train", "--config", folder.At("c.json"));
        result.Fails(1, @"a\u001b]0;owned\u0007");
        Assert.DoesNotContain('\u001b', result.Error);
    }

    [Fact]
    public void A_number_beyond_the_limit_is_told_the_limit()
    {
        Tool.Run("train", "--steps", "99999999999").Fails(1, "train.steps", "from 1 to 2147483647");
        Tool.Run("generate", "--run", "anywhere", "--tokens", "99999999999").Fails(1, "--tokens", "from 0 to 2147483647");
        Tool.Run("generate", "--run", "anywhere", "--top-p", "0").Fails(1, "above 0 and at most 1");
    }

    [Fact]
    public void A_vector_width_that_is_none_is_refused() => Tool.Run(
        ["doctor"], null, new Dictionary<string, string>(StringComparer.Ordinal) { ["MUONSHARP_VECTOR_BITS"] = "333" }).Fails(1, "MUONSHARP_VECTOR_BITS", "512, 256, 128, 0", "333");

    [Fact]
    public void An_unknown_optimizer_is_refused_with_those_there_are() => Tool.Run("train", "--optimizer", "moun").Fails(1, "optimizer.name", "muon", "adamw");

    [Fact]
    public void An_unknown_preset_names_the_nearest() => Tool.Run("train", "--preset", "austin").Fails(1, "austin", "austen");

    [Fact]
    public void All_problems_of_a_configuration_come_at_once() =>
        Tool.Run("train", "--set", "model.layers=none", "--set", "train.batch=0").Fails(1, "model.layers", "train.batch");

    [Theory]
    [InlineData("--tokens", "-1")]
    [InlineData("--tokens", "many")]
    [InlineData("--temperature", "-0.5")]
    [InlineData("--top-p", "1.5")]
    [InlineData("--top-p", "0")]
    [InlineData("--tokens", "99999999999")]
    [InlineData("--top-k", "-2")]
    public void A_sampling_option_out_of_its_range_is_refused(string option, string value) =>
        Tool.Run("generate", "--run", "anywhere", option, value).Fails(1, option, value);

    [Fact]
    public void Generate_where_no_run_is_says_what_it_needs()
    {
        using var folder = new TemporaryFolder();
        Tool.Run(["generate"], folder.FullPath).Fails(1, "--run");
    }

    [Theory]
    [InlineData("train")]
    [InlineData("generate")]
    [InlineData("evaluate")]
    public void A_run_folder_without_a_name_is_refused(string command) => Tool.Run(command, "--run", "").Fails(1, $"[{command}]", "--run");

    [Fact]
    public void A_model_with_a_matrix_too_large_to_count_is_a_usage_error() =>
        Tool.Run("train", "--set", "model.width=65536", "--run", "never").Fails(1, "[config] model", "65536", "2^31");

    [Fact]
    public void Evaluate_where_no_run_is_says_what_it_needs()
    {
        using var folder = new TemporaryFolder();
        Tool.Run(["evaluate"], folder.FullPath).Fails(1, "--run");
    }
}
