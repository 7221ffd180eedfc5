using System.Text.Json.Nodes;
using MuonSharp.Nn;
using MuonSharp.Training;

namespace MuonSharp.Consumer;

/// <summary>Language models on a text, a tokenizer and tokens of one's own.</summary>
public sealed class OwnTextTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("muonsharp-consumer-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_text_in_memory_with_a_tokenizer_of_ones_own_trains_evaluates_and_samples()
    {
        string text = string.Concat(Enumerable.Repeat("one two three four ", 300));
        using LanguageTask task = LanguageTask.FromText(
            text, new Numerals(), new LanguageModelConfig { Vocabulary = 4, Layers = 1, Heads = 2, Width = 32, Context = 8 }, new LanguageTaskOptions { Batch = 8, Prompt = "one ", Sample = new() { Tokens = 6, Temperature = 0 } });
        (Evaluation? evaluation, TrainingSample? sample) = (null, null);
        using Trainer trainer = Trainer.Create(task, new TrainerSettings { Steps = 120, EvaluateEvery = 120, SampleEvery = 120 }, runFolder: Path.Combine(_folder, "run"));
        await foreach (TrainingEvent happened in trainer.RunAsync())
        {
            evaluation = (happened as EvaluationEvent)?.Result ?? evaluation;
            sample = happened is SampleEvent made ? new TrainingSample(made.Text, made.Prompt) : sample;
        }

        Assert.InRange(evaluation!.Decisive.Value, 0, 0.5);

        // 19 bytes of text are four tokens.
        Assert.Equal(evaluation["val_loss"]!.Value / Math.Log(2) * 4 / 19, evaluation["bits_per_byte"]!.Value, 0.05 * evaluation["bits_per_byte"]!.Value);
        Assert.Equal("two three four one two three ", sample!.Text);
        Assert.True(File.Exists(Path.Combine(_folder, "run", "tokenizer.json")));
    }

    [Fact]
    public async Task Tokens_of_ones_own_train_in_an_order_of_ones_own()
    {
        int[] tokens = [.. Enumerable.Range(0, 2000).Select(i => i % 5)];
        using LanguageModel model = new(new LanguageModelConfig { Vocabulary = 5, Layers = 1, Heads = 2, Width = 32, Context = 8 }, seed: 3);
        Backwards order = new();
        using LanguageTask task = new(model, new MemoryTokens(tokens), new TokenRange(new MemoryTokens(tokens), 1000, 500), options: new() { Batch = 4, Sampler = order });
        using Trainer trainer = Trainer.Create(task, new TrainerSettings { Steps = 20, EvaluateEvery = 20, Accumulation = 2 });
        Evaluation? last = null;
        await foreach (TrainingEvent happened in trainer.RunAsync()) last = (happened as EvaluationEvent)?.Result ?? last;
        Assert.True(last!["val_loss"] < Math.Log(5));
        Assert.Equal(Enumerable.Range(0, 20 * 2 * 4).Select(number => 1991L - number), order.Starts);
    }

    /// <summary>Four words.</summary>
    private sealed class Numerals : ITokenizer
    {
        private static readonly string[] s_words = ["one ", "two ", "three ", "four "];

        public string Kind => "numerals";

        public int VocabularySize => s_words.Length;

        public void Encode(ReadOnlySpan<char> text, List<int> tokens)
        {
            foreach (string word in text.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries)) tokens.Add(Array.IndexOf(s_words, word + " "));
        }

        public TokenDecoder NewDecoder() => TokenDecoder.OfText(token => s_words[token]);

        public JsonObject ToJson() => new() { ["words"] = string.Concat(s_words) };
    }

    private sealed class Backwards : ISequenceSampler
    {
        public List<long> Starts { get; } = [];

        public string Identity => "backwards";

        public long StartOf(SequenceDraw draw)
        {
            Starts.Add(draw.Starts - 1 - (draw.Number % draw.Starts));
            return Starts[^1];
        }
    }
}
