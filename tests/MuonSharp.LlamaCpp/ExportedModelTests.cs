using MuonSharp.Formats;
using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Training;
using MuonSharp.Training.Tests.Tokenizers.Reference;

namespace MuonSharp.LlamaCpp;

/// <summary>Models that were trained here, written with their tokenizers: llama.cpp makes the same tokens of a text and goes on with the same ones.</summary>
public sealed class ExportedModelTests : IDisposable
{
    private const string Text = "It is a truth universally acknowledged, that a single man in possession of a good fortune, must be in want of a wife.\nHowever little known \\ the feelings: 'naïve — 12'.\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("muonsharp-gguf-").FullName;
    private readonly WorkerTeam _team = new(1);

    public void Dispose()
    {
        _team.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("llama", "character")]
    [InlineData("arcee", "character")]
    [InlineData("arcee", "byte")]
    [InlineData("llama", "pairs")]
    public void A_trained_model_goes_on_with_the_same_sixty_four_tokens(string family, string tokens)
    {
        (LanguageModel model, ITokenizer tokenizer) = Trained(family, tokens);
        using (model)
        {
            string path = Path.Combine(_folder, "model.gguf");
            ModelExport.ToGguf(model, tokenizer, path);
            using LlamaCppModel client = new(path, 160);
            int[] prompt = tokenizer.Encode(Text[..40]);
            Assert.Equal(prompt, client.Tokens(Text[..40]));
            Assert.Equal(tokenizer.Encode(Text), client.Tokens(Text));

            int[] ours = Greedy(model, prompt, 64);
            Assert.Equal(ours, client.Greedy(prompt, 64));
            float[] row = new float[model.Config.Vocabulary];
            LanguageProgram program = Run(model, [.. prompt, .. ours]);
            float[][] logits = client.Logits([.. prompt, .. ours]);
            for (int position = 0; position < logits.Length; position++)
            {
                program.Logits(0, position, row);
                for (int i = 0; i < row.Length; i++) Assert.Equal(row[i], logits[position][i], 1e-4);
            }
        }
    }

    [Theory]
    [InlineData(GgufElement.F16)]
    [InlineData(GgufElement.Q80)]
    public void Smaller_files_have_nearly_the_loss(GgufElement type)
    {
        (LanguageModel model, ITokenizer tokenizer) = Trained("llama", "character");
        using (model)
        {
            string path = Path.Combine(_folder, "model.gguf");
            ModelExport.ToGguf(model, tokenizer, path, type);
            int[] text = tokenizer.Encode(Text);
            double expected = Loss(model, text);
            using (LlamaCppModel client = new(path, 256))
            {
                float[][] logits = client.Logits(text.AsSpan(0, 128));
                double sum = 0;
                for (int i = 0; i < 127; i++) sum += Math.Log(logits[i].Sum(logit => Math.Exp(logit - logits[i].Max()))) + logits[i].Max() - logits[i][text[i + 1]];
                Assert.InRange(sum / 127 / expected, 0.99, 1.01);
            }

            using GgufFile file = GgufFile.Open(path);
            using LanguageModel read = GgufModel.Load(file, _team);
            Assert.InRange(Loss(read, text) / expected, 0.99, 1.01);
        }
    }

    [Theory]
    [InlineData(LLama.Native.LLamaFtype.MOSTLY_F16)]
    [InlineData(LLama.Native.LLamaFtype.MOSTLY_Q8_0)]
    public void Files_of_llama_cpps_own_quantizer_are_read(LLama.Native.LLamaFtype type)
    {
        (LanguageModel model, ITokenizer tokenizer) = Trained("llama", "character");
        using (model)
        {
            string path = Path.Combine(_folder, "model.gguf"), smaller = Path.Combine(_folder, "smaller.gguf");
            ModelExport.ToGguf(model, tokenizer, path);
            LlamaCppModel.LoadLibrary();
            Assert.True(LLama.LLamaQuantizer.Quantize(path, smaller, type));
            Assert.True(new FileInfo(smaller).Length < 0.7 * new FileInfo(path).Length);
            using GgufFile file = GgufFile.Open(smaller);
            using LanguageModel read = GgufModel.Load(file, _team);
            int[] text = tokenizer.Encode(Text);
            Assert.InRange(Loss(read, text) / Loss(model, text), 0.99, 1.01);

            // The whole file stands where a stored model does: with its own tokenizer, its loss is that of the float32 file.
            string data = Path.Combine(_folder, "text.txt");
            File.WriteAllText(data, Text);
            using Evaluator ours = Evaluator.FromModel(path, threads: 1), theirs = Evaluator.FromModel(smaller, threads: 1);
            double loss = ours.EvaluateFile(new(data)).Loss;
            Assert.Equal(Loss(model, text), loss, 0.2);
            Assert.InRange(theirs.EvaluateFile(new(data)).Loss / loss, 0.99, 1.01);
        }
    }

    public static TheoryData<string> Forms => [.. SplitForms.Names];

    /// <summary>llama.cpp composes no characters, so that the texts have none that could be.</summary>
    [Theory]
    [InlineData("byte-level")]
    [InlineData("llama-byte-fallback")]
    [InlineData("qwen-split")]
    public void Tokenizers_of_files_make_the_tokens_of_llama_cpp(string family) =>
        Same(Path.Combine(GoldenModelTests.Golden("gpt2"), "..", "..", "tokenizers", family, "tokenizer.json"));

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_makers_way_to_cut_has_its_name_in_llama_cpp(string name)
    {
        string file = Path.Combine(_folder, "tokenizer.json");
        File.WriteAllText(file, SplitForms.Json(name));
        using GgufFile written = GgufFile.Open(Same(file));
        Assert.Equal(name, written.Metadata.Text("tokenizer.ggml.pre"));
    }

    /// <summary>Writes a model with the tokenizer of a file; llama.cpp makes the tokens of it that we do.</summary>
    private string Same(string tokenizerPath)
    {
        ITokenizer tokenizer = TokenizerFile.Load(tokenizerPath);
        string path = Path.Combine(_folder, "model.gguf");
        LanguageModelConfig config = new() { Vocabulary = tokenizer.VocabularySize + 5, Layers = 1, Heads = 2, Width = 32, HiddenWidth = 32, Context = 32, Family = ModelFamilies.Llama, Normalization = Normalization.RmsNorm, Gated = true, Activation = Activation.Silu };
        using (LanguageModel model = new(config, 5, _team)) ModelExport.ToGguf(model, tokenizer, path);
        using LlamaCppModel client = new(path, 32);
        ITokenizer read = GgufTokenizer.Load(path);
        uint state = 3;
        string[] parts = ["a", "he", " the", " ", "  ", "\n", "\r\n", "'s", "'LL", "it", "12", "3456", "½", "٣", "é", "漢字", "かな", "カナ", "한국", "😀", "</s>", "<|endoftext|>", "<think>", ", ", ".net", "_x", "$", "+=", "€", "ing", "\t", "(x)", "\u00a0"];
        for (int round = 0; round < 600; round++)
        {
            string text = "w" + string.Concat(Enumerable.Range(0, 1 + Next(11)).Select(_ => parts[Next(parts.Length)]));
            int[] expected = client.Tokens(text);
            Assert.Equal(expected, tokenizer.EncodeMarked(text));
            Assert.Equal(expected, read.EncodeMarked(text));
            Assert.Equal(client.Tokens(text, special: false), tokenizer.Encode(text));
        }

        return path;

        int Next(int count) => (int)(((state = (state * 1664525) + 1013904223) >> 8) % count);
    }

    private (LanguageModel Model, ITokenizer Tokenizer) Trained(string family, string tokens)
    {
        ITokenizer tokenizer = tokens == "pairs" ? Pairs() : TokenizerKinds.Create(tokens, Text);
        bool llama = family == "llama";
        LanguageModelConfig config = new()
        {
            Vocabulary = tokenizer.VocabularySize,
            Layers = 2,
            Heads = 4,
            KeyValueHeads = 2,
            Width = 64,
            HiddenWidth = 96,
            Context = 160,
            Family = ModelFamilies.Llama,
            Normalization = Normalization.RmsNorm,
            Gated = llama,
            Activation = llama ? Activation.Silu : Activation.ReluSquared,
            TiedHead = false,
        };
        LanguageModel model = new(config, 5, _team);
        int[] text = tokenizer.Encode(string.Concat(Enumerable.Repeat(Text, 8)));
        MemoryTokens source = new(text);
        using LanguageTask task = new(model, source, tokenizer: tokenizer, options: new LanguageTaskOptions { Batch = 1 });
        using Optimizers.RoutedOptimizer optimizer = new(model.Parameters, team: _team);
        for (int step = 0; step < 30; step++)
        {
            model.Parameters.ZeroGradients();
            task.Run(step, 0, 1);
            optimizer.Step();
        }

        return (model, tokenizer);
    }

    private static BytePairTokenizer Pairs()
    {
        BytePairTrainer trainer = new();
        trainer.Add(Text);
        return trainer.Train(300);
    }

    private static LanguageProgram Run(LanguageModel model, int[] tokens)
    {
        LanguageProgram program = model.Program(1, tokens.Length, training: false);
        tokens.CopyTo(program.Inputs);
        program.Forward();
        return program;
    }

    private static int[] Greedy(LanguageModel model, int[] prompt, int count)
    {
        List<int> tokens = [.. prompt];
        float[] row = new float[model.Config.Vocabulary];
        while (tokens.Count < prompt.Length + count)
        {
            Run(model, [.. tokens]).Logits(0, tokens.Count - 1, row);
            tokens.Add(Array.IndexOf(row, row.Max()));
        }

        return [.. tokens[prompt.Length..]];
    }

    private static double Loss(LanguageModel model, int[] text)
    {
        LanguageProgram program = model.Program(1, 127, training: false);
        text.AsSpan(0, 127).CopyTo(program.Inputs);
        text.AsSpan(1, 127).CopyTo(program.Targets);
        return program.Forward();
    }
}
