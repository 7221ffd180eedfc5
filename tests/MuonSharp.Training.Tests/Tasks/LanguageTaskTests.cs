using MuonSharp.Nn;
using MuonSharp.Training.Tests.Trainers;

namespace MuonSharp.Training.Tests.Tasks;

/// <summary>Language models on tokens of one's own.</summary>
public sealed class LanguageTaskTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Tokens_beyond_what_an_array_can_hold_are_trained_on_without_a_tokenizer()
    {
        Cycle tokens = new(400_000_000_000);
        using LanguageModel model = Model();
        using LanguageTask task = new(model, tokens, new TokenRange(tokens, 300_000_000_000, 500), options: new() { Batch = 8 });
        using Trainer trainer = Trainer.Create(task, new TrainerSettings { Steps = 250, EvaluateEvery = 250, SampleEvery = 100 }, runFolder: _folder.File("run"));
        List<TrainingEvent> events = await TestRun.Run(trainer);
        Training.Evaluation evaluation = Assert.Single(events.OfType<EvaluationEvent>()).Result;
        Assert.Equal(["val_loss"], evaluation.Numbers.Select(number => number.Name));

        // Whoever knows nothing has ln 11 = 2.4.
        Assert.InRange(evaluation.Decisive.Value, 0, 0.8);
        Assert.True(tokens.Latest > 1L << 33);
        Assert.Empty(events.OfType<SampleEvent>());
        Assert.False(File.Exists(Path.Combine(_folder.File("run"), TokenizerFile.Name)));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("sequential")]
    [InlineData("shuffled")]
    public async Task A_stopped_and_resumed_run_has_the_bits_of_one_that_never_stopped_in_every_order(string? order)
    {
        ISequenceSampler? sampler = order is null ? null : SequenceSamplers.Create(order, 3);
        TrainerSettings settings = new() { Steps = 12, Accumulation = 2, EvaluateEvery = null };
        string bits;
        using (LanguageModel model = Model())
        using (LanguageTask task = Task(model, sampler))
        using (Trainer trainer = Trainer.Create(task, settings))
        {
            await TestRun.Run(trainer);
            bits = TestRun.Bits(trainer);
        }

        string run = _folder.File("run");
        using (LanguageModel model = Model())
        using (LanguageTask task = Task(model, sampler))
        using (Trainer trainer = Trainer.Create(task, settings, runFolder: run)) await TestRun.RunUntil(trainer, 5);

        using LanguageModel again = Model();
        using (LanguageTask other = Task(again, new RandomWindows(99)))
        {
            Assert.Contains("the data must be that which the run began with", Assert.Throws<BadInputException>(() => Trainer.Resume(other, settings, null, run)).Message, StringComparison.Ordinal);
        }

        using LanguageTask last = Task(again, order is null ? null : SequenceSamplers.Create(order, 3));
        using Trainer resumed = Trainer.Resume(last, settings, null, run);
        await TestRun.Run(resumed);
        Assert.Equal(bits, TestRun.Bits(resumed));
    }

    [Fact]
    public async Task The_order_of_a_configuration_changes_the_run_and_may_not_change_on_resume()
    {
        TrainingConfig config = TestRun.OnlySteps(_folder, steps: 6);
        HashSet<string> bits = [];
        foreach (string order in SequenceSamplers.Names)
        {
            using Trainer trainer = Trainer.Create(config.Set("data.order", order), _folder.File(order));
            await TestRun.RunUntil(trainer, 3);
            Assert.True(bits.Add(TestRun.Bits(trainer)));
        }

        using (Trainer straight = Trainer.Create(config.Set("data.order", "shuffled")), resumed = Trainer.Resume(_folder.File("shuffled")))
        {
            await TestRun.Run(straight);
            await TestRun.Run(resumed);
            Assert.Equal(TestRun.Bits(straight), TestRun.Bits(resumed));
        }

        Assert.Contains("data.order must stay", Assert.Throws<ConfigurationException>(() => Trainer.Resume(_folder.File("shuffled"), config)).Message, StringComparison.Ordinal);
        using Evaluator evaluator = Evaluator.FromRun(_folder.File("shuffled"), threads: 1);
        Assert.True(double.IsFinite(evaluator.EvaluateValidation().Loss));
    }

    [Fact]
    public void Sources_that_do_not_fit_are_refused()
    {
        using LanguageModel model = Model();
        Assert.Contains("context + 1 = 17; 16 came", Assert.Throws<ArgumentException>(() => new LanguageTask(model, new Cycle(16))).Message, StringComparison.Ordinal);
        Assert.Contains("at least 2; 1 came", Assert.Throws<ArgumentException>(() => new LanguageTask(model, new Cycle(17), new Cycle(1))).Message, StringComparison.Ordinal);
        Assert.Contains("at least the 256", Assert.Throws<ArgumentException>(() => new LanguageTask(model, new Cycle(17), tokenizer: new ByteTokenizer())).Message, StringComparison.Ordinal);
    }

    private static LanguageModel Model() => new(new LanguageModelConfig { Vocabulary = 11, Layers = 1, Heads = 2, Width = 32, Context = 16 }, seed: 1);

    private static LanguageTask Task(LanguageModel model, ISequenceSampler? sampler) => new(model, new Cycle(500), options: new() { Batch = 4, Sampler = sampler });

    /// <summary>Token 7 p modulo 11 at position p: which comes next is known from the one before.</summary>
    private sealed class Cycle(long length) : ITokenSource
    {
        public long Length => length;

        public string Identity => $"cycle of {length}";

        public long Latest { get; private set; }

        public void Read(long start, Span<int> tokens)
        {
            Assert.InRange(start, 0, length - tokens.Length);
            Latest = Math.Max(Latest, start);
            for (int i = 0; i < tokens.Length; i++) tokens[i] = (int)((start + i) % 11 * 7 % 11);
        }
    }
}
