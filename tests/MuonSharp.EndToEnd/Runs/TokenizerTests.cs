using System.Text.Json.Nodes;
using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.Runs;

/// <summary>The command <c>tokenizer</c>, and runs on tokens of a file.</summary>
public class TokenizerTests
{
    [Fact(Explicit = true)]
    public void A_tokenizer_is_trained_encodes_decodes_and_trains_a_run_that_resumes_and_generates()
    {
        using var folder = new TemporaryFolder();
        string text = folder.At("text.txt"), file = folder.At("tokenizer.json"), run = folder.At("run");
        File.WriteAllText(text, string.Concat(Enumerable.Range(0, 400).Select(i => $"Mr. Bennet had {i} daughters, caf\u00e9.\n")));
        JsonObject trained = Tool.Run("tokenizer", "train", "--data", text, "--vocabulary", "320", "--out", file, "--json").Exits(0).Json[0];
        Assert.Equal((320, 63), ((int)trained["vocabulary"]!, (int)trained["merges"]!));

        JsonObject tokens = Tool.Run("tokenizer", "encode", "--tokenizer", file, "--text", "Mr. Bennet, caf\u00e9<|endoftext|>", "--json").Exits(0).Json[0];
        string list = string.Join(' ', tokens["tokens"]!.AsArray());
        Assert.EndsWith(" 319", list, StringComparison.Ordinal);
        Assert.Equal(list + "\n", Tool.Run("tokenizer", "encode", "--tokenizer", file, "--text", "Mr. Bennet, caf\u00e9<|endoftext|>").Exits(0).Output);
        Assert.Equal("Mr. Bennet, caf\u00e9<|endoftext|>", Tool.Run("tokenizer", "decode", "--tokenizer", file, "--tokens", list).Exits(0).Output.TrimEnd('\n'));

        string[] train = TinyRun.Train(folder, run, "--data", text, "--tokenizer", file, "--steps", "4");
        Tool.Run(train).Exits(0);
        Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(run, "tokenizer.json")));
        File.Delete(file);
        Tool.Run("train", "--run", run, "--resume", "--steps", "6").Exits(0);
        Tool.Run("generate", "--run", run, "--tokens", "5", "--prompt", "Mr. Bennet").Exits(0);
        Assert.Equal(list, Tool.Run("tokenizer", "encode", "--tokenizer", run, "--text", "Mr. Bennet, caf\u00e9<|endoftext|>").Exits(0).Output.Trim());
    }

    [Theory]
    [InlineData(1, "tokenizer", "encode", "--tokenizer takes", "--text", "a")]
    [InlineData(2, "tokenizer", "encode", "a tokenizer must be byte, gpt2, a tokenizer.json, a folder with one or a GGUF file; 'gpt3' came", "--tokenizer", "gpt3", "--text", "a")]
    [InlineData(2, "tokenizer", "decode", "tokens must be whole numbers from 0 to 255; '256' came", "--tokenizer", "byte", "--tokens", "3 256")]
    [InlineData(2, "tokenizer", "train", "nowhere.txt: the file must exist", "--data", "nowhere.txt", "--out", "x.json")]
    [InlineData(1, "train", "--tokenizer", "data.tokenizer must be one of character, byte, gpt2, or the path of a tokenizer.json or of a GGUF file; 'byt' came", "byt")]
    public void What_cannot_be_done_is_one_line(int code, string command, string inner, string words, params string[] options)
    {
        ProcessResult result = Tool.Run([command, inner, .. options]).Exits(code);
        Assert.Contains(words == "--tokenizer takes" ? "--tokenizer" : words, result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.TrimEnd().Split('\n'));
    }
}
