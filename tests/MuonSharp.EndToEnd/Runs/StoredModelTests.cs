using System.Text.Json.Nodes;
using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.Runs;

/// <summary><c>export</c> and <c>import</c>, and stored models where a run would stand.</summary>
public sealed class StoredModelTests : IDisposable
{
    private static readonly string[] s_llama =
    [
        "--set", "model.family=llama", "--set", "model.activation=swiglu", "--set", "model.keyValueHeads=1", "--set", "model.normalization=rms-norm", "--set", "model.tiedHead=false",
        "--set", "model.rotaryScaling.name=yarn", "--set", "model.rotaryScaling.factor=2", "--steps", "20",
    ];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact(Explicit = true)]
    public void What_a_run_exports_is_measured_and_writes_as_the_run_does_and_trains_on()
    {
        string run = folder.At("run"), stored = folder.At("stored"), text = folder.At("text.txt");
        Tool.Run(TinyRun.Train(folder, run, s_llama)).Exits(0);
        Assert.Equal(20, (int)Tool.Run("export", "--run", run, "--format", "huggingface", stored, "--json").Exits(0).Json[0]["step"]!);
        Assert.Equal(["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"], Directory.EnumerateFiles(stored).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        JsonNode config = JsonNode.Parse(File.ReadAllText(Path.Combine(stored, "config.json")))!;
        Assert.Equal("llama", (string)config["model_type"]!);
        Assert.Equal("yarn", (string)config["rope_parameters"]!["rope_type"]!);

        string[] evaluate = ["evaluate", "--data", text, "--json"], generate = ["generate", "--prompt", "the ", "--tokens", "40", "--seed", "3"];
        double loss = (double)Tool.Run([.. evaluate, "--run", run]).Exits(0).Json[0]["loss"]!;
        Assert.Equal(loss, (double)Tool.Run([.. evaluate, "--model", stored]).Exits(0).Json[0]["loss"]!);
        Assert.Equal(Tool.Run([.. generate, "--run", run]).Exits(0).Output, Tool.Run([.. generate, "--model", stored]).Exits(0).Output);

        string file = folder.At("mine.gguf");
        Tool.Run("export", "--model", stored, "--format", "gguf", "--type", "f16", file).Exits(0);
        Assert.Equal("GGUF"u8.ToArray(), File.ReadAllBytes(file)[..4]);
        Tool.Run("export", "--run", run, "--format", "gguf", file).Fails(2, "something has the name");

        ProcessResult looked = Tool.Run("import", stored).Exits(0);
        Assert.Contains("llama, ", looked.Output, StringComparison.Ordinal);
        Assert.Contains($"train --from {stored}", looked.Output, StringComparison.Ordinal);
        Assert.Contains("yarn", Tool.Run("train", "--from", stored, "--data", text, "--run", folder.At("tuned"), "--steps", "2", "--verbose", "--set", "sample.every=-1").Exits(0).Output, StringComparison.Ordinal);
        long weights = (long)Tool.Run("import", stored, "--json").Exits(0).Json[0]["weights"]!;
        JsonObject plan = Tool.Run("plan", "--model", stored, "--json").Exits(0).OfKind("plan")[0];
        Assert.Equal(weights, (long)plan["parameters"]!);
        Assert.NotEqual(weights, (long)Tool.Run("plan", "--json").Exits(0).OfKind("plan")[0]["parameters"]!);
    }

    [Fact]
    public void A_run_from_a_stored_model_begins_at_its_loss_and_resumes_without_it()
    {
        string run = folder.At("run"), stored = folder.At("stored"), tuned = folder.At("tuned"), text = folder.At("text.txt");
        double scratch = (double)Tool.Run(TinyRun.Train(folder, run, [.. s_llama, "--json"])).Exits(0).OfKind("step")[0]["loss"]!;
        Tool.Run("export", "--run", run, stored).Exits(0);
        string[] tune = ["train", "--from", stored, "--data", text, "--run", tuned, "--threads", "2", "--set", "sample.every=-1"];
        ProcessResult result = Tool.Run([.. tune, "--steps", "4", "--json"]).Exits(0);
        Assert.True((double)result.OfKind("step")[0]["loss"]! < 0.9 * scratch);
        Assert.Equal("yarn", (string)result.OfKind("start")[0]["config"]!["model"]!["rotaryScaling"]!["name"]!);
        Directory.Delete(stored, recursive: true);
        Tool.Run([.. tune, "--steps", "6", "--resume"]).Exits(0);
    }

    [Fact(Explicit = true)]
    public void A_gguf_file_stands_where_a_run_does()
    {
        string run = folder.At("run"), file = folder.At("mine.gguf"), small = folder.At("small.GGUF"), again = folder.At("again"), text = folder.At("text.txt");
        Tool.Run(TinyRun.Train(folder, run, [.. s_llama, "--tokenizer", "byte"])).Exits(0);
        Tool.Run("export", "--run", run, "--format", "gguf", file).Exits(0);
        Tool.Run("export", "--run", run, "--format", "gguf", "--type", "q8_0", small).Exits(0);
        Assert.Contains("byte, the model knows 256 tokens", Tool.Run("import", file).Exits(0).Output, StringComparison.Ordinal);
        Tool.Run("import", file, "--out", again).Exits(0);

        string[] evaluate = ["evaluate", "--data", text, "--json"], generate = ["generate", "--prompt", "the ", "--tokens", "40", "--seed", "3"];
        double loss = (double)Tool.Run([.. evaluate, "--run", run]).Exits(0).Json[0]["loss"]!;
        Assert.Equal(loss, (double)Tool.Run([.. evaluate, "--model", file]).Exits(0).Json[0]["loss"]!);
        Assert.Equal(loss, (double)Tool.Run([.. evaluate, "--model", again]).Exits(0).Json[0]["loss"]!);
        Assert.InRange((double)Tool.Run([.. evaluate, "--model", small]).Exits(0).Json[0]["loss"]! / loss, 0.99, 1.01);
        Assert.Equal(Tool.Run([.. generate, "--run", run]).Exits(0).Output, Tool.Run([.. generate, "--model", file]).Exits(0).Output);
        Assert.Equal((long)Tool.Run("import", file, "--json").Exits(0).Json[0]["weights"]!, (long)Tool.Run("plan", "--model", file, "--json").Exits(0).OfKind("plan")[0]["parameters"]!);

        string tuned = folder.At("tuned");
        string[] tune = ["train", "--from", file, "--data", text, "--run", tuned, "--threads", "2", "--set", "sample.every=-1"];
        Assert.True((double)Tool.Run([.. tune, "--steps", "4", "--json"]).Exits(0).OfKind("step")[0]["loss"]! < 1.1 * loss);
        File.Delete(file);
        Tool.Run([.. tune, "--steps", "6", "--resume"]).Exits(0);
        Tool.Run("import", file).Fails(2, "mine.gguf", "there is no such file");
        File.WriteAllText(file, "{ \"something\": \"else\" }");
        Tool.Run("import", file).Fails(2, "the file must begin with GGUF");
    }

    [Fact(Explicit = true)]
    public void Tokens_of_several_characters_go_with_the_model()
    {
        string run = folder.At("run"), stored = folder.At("stored"), tuned = folder.At("tuned"), text = folder.At("text.txt"), tokenizer = folder.At("pairs.json");
        File.WriteAllText(text, TinyRun.Text);
        Tool.Run("tokenizer", "train", "--data", text, "--vocabulary", "300", "--out", tokenizer).Exits(0);
        Tool.Run(TinyRun.Train(folder, run, [.. s_llama, "--tokenizer", tokenizer])).Exits(0);
        Tool.Run("export", "--run", run, stored).Exits(0);
        string[] evaluate = ["evaluate", "--data", text, "--json"];
        Assert.Equal((double)Tool.Run([.. evaluate, "--run", run]).Exits(0).Json[0]["loss"]!, (double)Tool.Run([.. evaluate, "--model", stored]).Exits(0).Json[0]["loss"]!);
        Assert.Equal(300, (int)Tool.Run("import", stored, "--json").Exits(0).Json[0]["vocabulary"]!);
        string[] tune = ["train", "--from", stored, "--data", text, "--run", tuned, "--set", "sample.every=-1"];
        Tool.Run([.. tune, "--steps", "2"]).Exits(0);
        Directory.Delete(stored, recursive: true);
        Tool.Run("evaluate", "--run", tuned, "--json").Exits(0);
        Tool.Run([.. tune, "--steps", "4", "--resume"]).Exits(0);
    }

    [Fact]
    public void A_stored_model_without_a_tokenizer_writes_and_is_measured_with_one_that_is_named()
    {
        string run = folder.At("run"), stored = folder.At("stored"), text = folder.At("text.txt");
        Tool.Run(TinyRun.Train(folder, run, "--tokenizer", "byte", "--steps", "2")).Exits(0);
        Tool.Run("export", "--run", run, stored).Exits(0);
        File.Delete(Path.Combine(stored, "tokenizer.json"));
        string[] evaluate = ["evaluate", "--data", text, "--json"], generate = ["generate", "--prompt", "t", "--tokens", "1", "--seed", "3"];
        Tool.Run([.. generate, "--model", stored]).Fails(2, "train --from, generate and evaluate take another with --tokenizer");
        Tool.Run([.. generate, "--model", stored, "--tokenizer", "gpt2"]).Fails(2, "it knows 256 of 50257");
        Tool.Run([.. generate, "--run", run, "--tokenizer", "byte"]).Fails(1, "--tokenizer goes with --model");

        ProcessResult written = Tool.Run([.. generate, "--model", stored, "--tokenizer", "byte"]).Exits(0);
        Assert.Equal(Tool.Run([.. generate, "--run", run]).Exits(0).Output, written.Output);
        Assert.Matches("^1 token, [0-9.]+ a second; prompt 1 token, ", written.Error);
        Assert.Equal(
            (double)Tool.Run([.. evaluate, "--run", run]).Exits(0).Json[0]["loss"]!,
            (double)Tool.Run([.. evaluate, "--model", stored, "--tokenizer", "byte"]).Exits(0).Json[0]["loss"]!);
    }

    [Fact]
    public void What_cannot_be_is_said_in_one_line()
    {
        string run = folder.At("run"), full = folder.At("full");
        Tool.Run(TinyRun.Train(folder, run, "--steps", "2", "--set", "model.window=4", "--set", "model.positions=rotary", "--set", "model.normalization=rms-norm")).Exits(0);
        Tool.Run("export", "--run", run, folder.At("out")).Fails(2, "arcee has no sliding window");
        Assert.False(Directory.Exists(folder.At("out")));
        Directory.CreateDirectory(full);
        File.WriteAllText(Path.Combine(full, "mine"), "");
        Tool.Run("export", "--run", run, "--format", "onnx", full).Fails(1, "--format must be huggingface");
        Tool.Run("export", "--run", run, "--format", "gguf", folder.At("out.gguf")).Fails(2, "no sliding window");
        Tool.Run("export", "--run", run, "--format", "gguf", "--type", "q4_0", folder.At("out.gguf")).Fails(1, "--type must be one of f32, f16, q8_0");
        Assert.False(File.Exists(folder.At("out.gguf")));
        Tool.Run("export", "--model", full, "--run", run, folder.At("out")).Fails(1, "--model and --run came");
        Tool.Run("import", full).Fails(2, "config.json", "there is no such file");
        Tool.Run("import", run).Fails(2, "a stored model is needed; this is a run");
        Tool.Run("generate", "--model", run).Fails(2, "a stored model is needed; this is a run");
        Tool.Run("evaluate", "--model", full).Fails(1, "--data");
        string golden = Path.Combine(Repository.Root, "tests", "golden", "models", "qwen3-sharded");
        Tool.Run("import", golden, "--out", full).Fails(2, "tokenizer.json");
        Tool.Run("generate", "--run", golden).Fails(2, "a run folder is needed; this is a stored model");
        Assert.Contains("qwen3", Tool.Run("import", golden).Exits(0).Output, StringComparison.Ordinal);
        Assert.Equal(["mine"], Directory.EnumerateFileSystemEntries(full).Select(Path.GetFileName));
    }
}
