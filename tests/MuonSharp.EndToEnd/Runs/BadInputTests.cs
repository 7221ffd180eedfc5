using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.Runs;

public class BadInputTests
{
    [Fact]
    public void A_text_that_is_not_there_is_bad_input()
    {
        using var folder = new TemporaryFolder();
        Tool.Run("train", "--data", folder.At("missing.txt"), "--run", folder.At("run")).Fails(2, "missing.txt");
        Assert.False(Directory.Exists(folder.At("run")));
    }

    [Fact]
    public void A_folder_without_a_text_is_bad_input()
    {
        using var folder = new TemporaryFolder();
        Tool.Run("train", "--data", folder.FullPath, "--run", folder.At("run")).Fails(2, folder.FullPath, "the folder must hold a UTF-8 text");
    }

    [Fact]
    public void An_empty_text_is_bad_input()
    {
        using var folder = new TemporaryFolder();
        Tool.Run("train", "--data", folder.Write("empty.txt", ""), "--run", folder.At("run")).Fails(2, "empty.txt", "empty");
    }

    [Fact]
    public void A_text_shorter_than_the_context_is_bad_input()
    {
        using var folder = new TemporaryFolder();
        Tool.Run("train", "--data", folder.Write("short.txt", "A few words only."), "--run", folder.At("run")).Fails(2, "short.txt", "context");
    }

    [Fact]
    public void A_text_that_is_not_utf8_is_bad_input()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.At("binary.txt"), [.. Enumerable.Range(0, 20_000).Select(i => (byte)(i * 7))]);
        Tool.Run("train", "--data", folder.At("binary.txt"), "--run", folder.At("run")).Fails(2, "binary.txt", "UTF-8");
    }

    [Fact]
    public void A_configuration_that_is_not_json_is_refused_with_the_line()
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("broken.json", "{\n  \"train\": {\n    \"steps\": 5,,\n  }\n}");
        Tool.Run("train", "--config", file).Fails(1, "broken.json", "line 3");
    }

    [Fact]
    public void A_configuration_with_an_unknown_key_names_the_nearest()
    {
        using var folder = new TemporaryFolder();
        Tool.Run("train", "--config", folder.Write("typo.json", """{"modle": {"layers": 2}}""")).Fails(1, "typo.json", "modle");
    }

    [Fact]
    public void A_configuration_that_is_not_there_or_is_a_folder_is_refused()
    {
        using var folder = new TemporaryFolder();
        Tool.Run("train", "--config", folder.At("missing.json")).Fails(1, "missing.json");
        Tool.Run("train", "--config", folder.FullPath).Fails(1, folder.FullPath, "directory");
    }

    [Theory]
    [InlineData("generate")]
    [InlineData("evaluate")]
    public void A_folder_without_a_run_is_bad_input(string command)
    {
        using var folder = new TemporaryFolder();
        Tool.Run(command, "--run", folder.FullPath).Fails(2, folder.FullPath);
        Tool.Run(command, "--run", folder.At("missing")).Fails(2, "missing");
        Tool.Run(command, "--run", folder.Write("file", "text")).Fails(2, "file");
    }

    [Fact]
    public void Resuming_what_is_not_a_run_is_bad_input()
    {
        using var folder = new TemporaryFolder();
        Tool.Run("train", "--resume", "--run", folder.At("missing")).Fails(2, "missing");
    }

    [Fact]
    public void Resuming_without_naming_the_run_is_a_usage_error() => Tool.Run("train", "--resume").Fails(1, "--run");

    [Fact]
    public void A_run_folder_that_is_a_file_is_refused()
    {
        using var folder = new TemporaryFolder();
        ProcessResult result = Tool.Run(TinyRun.Train(folder, folder.Write("file", "text")));
        Assert.Contains(result.ExitCode, new[] { 1, 2, 5 });
        result.Fails(result.ExitCode, "file");
        Assert.Equal("text", File.ReadAllText(folder.At("file")));
    }

    [Fact]
    public void A_prompt_with_letters_that_the_text_never_had_is_bad_input()
    {
        using var folder = new TemporaryFolder();
        Tool.Run(TinyRun.Train(folder, folder.At("run"), "--steps", "2")).Exits(0);
        Tool.Run("generate", "--run", folder.At("run"), "--prompt", "\u00fc").Fails(2, "\u00fc");
    }
}
