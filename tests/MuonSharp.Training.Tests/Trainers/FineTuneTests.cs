using MuonSharp.Formats;

namespace MuonSharp.Training.Tests.Trainers;

/// <summary>Runs that begin with another run's weights.</summary>
public sealed class FineTuneTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TrainingConfig _first;
    private readonly string _source;

    public FineTuneTests()
    {
        _first = TestRun.OnlySteps(_folder, steps: 6);
        _source = Path.Combine(_folder.Path, "source");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_first_forward_run_is_that_of_the_sources_weights_and_the_optimizer_is_new()
    {
        double held = await Source();
        using Trainer trainer = Trainer.Create(Next());
        Assert.Equal(held, trainer.Task.Evaluate(default)!.Decisive.Value);
        Assert.All(trainer.Parts.StateTensors, tensor => Assert.True(tensor.Memory.Span.IndexOfAnyExcept(0f, 1f) < 0, tensor.Name));
        Assert.Contains(trainer.Description.Facts, fact => fact.Name == "weights" && fact.Value.Contains("source, step 6", StringComparison.Ordinal));
        Assert.Equal(_first.Model, trainer.Config!.Model);
    }

    [Fact]
    public async Task A_stopped_run_goes_on_to_the_same_bits_without_its_source()
    {
        await Source();
        string straight = Path.Combine(_folder.Path, "straight"), stopped = Path.Combine(_folder.Path, "stopped");
        using (Trainer trainer = Trainer.Create(Next(), straight)) await TestRun.Run(trainer);
        using (Trainer trainer = Trainer.Create(Next(), stopped)) await TestRun.RunUntil(trainer, 3);
        Directory.Delete(_source, recursive: true);
        using Trainer resumed = Trainer.Resume(stopped), whole = Trainer.Resume(straight);
        Assert.Equal(3, resumed.Step);
        await TestRun.Run(resumed);
        Assert.Equal(TestRun.Bits(whole), TestRun.Bits(resumed));
    }

    [Fact]
    public async Task A_stored_model_without_a_tokenizer_takes_the_one_that_is_named()
    {
        string stored = Path.Combine(_folder.Path, "stored"), run = Path.Combine(_folder.Path, "run");
        using (Trainer trainer = Trainer.Create(_first.Set("data.tokenizer", "byte").Set("model.biases", "false"), _source)) await TestRun.Run(trainer);
        ModelExport.ToHuggingFace(_source, stored);
        File.Delete(Path.Combine(stored, TokenizerFile.Name));
        TrainingConfigBuilder Next() => new TrainingConfigBuilder().UseDefaults().Set("train.from", stored).Set("data.file", _first.Data.File!.ToString()).Set("train.steps", "2").Set("sample.every", "-1");
        string Refused(TrainingConfig config) => Assert.ThrowsAny<Exception>(() => Trainer.Create(config)).Message;
        Assert.EndsWith("tokenizer.json: there is no such file; train --from, generate and evaluate take another with --tokenizer", Refused(Next().Build()), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(stored, "vocab.json"), "{}");
        Assert.Contains("there is no such file; vocab.json is there, of which transformers' AutoTokenizer makes one", Refused(Next().Build()), StringComparison.Ordinal);
        Assert.Equal("[model] gpt2: the model must know all tokens of its tokenizer; it knows 256 of 50257", Refused(Next().Set("data.tokenizer", "gpt2").Build()));

        using (Trainer named = Trainer.Create(Next().Set("data.tokenizer", "byte").Build(), run))
        {
            Assert.Equal("byte", named.Config!.Data.Tokenizer);
            Assert.IsType<ByteTokenizer>(TestRun.Language(named).Tokenizer);
        }

        // It has no checkpoint yet and begins again, with the tokenizer that it recorded.
        using Trainer again = Trainer.Resume(run);
        Assert.IsType<ByteTokenizer>(TestRun.Language(again).Tokenizer);
    }

    [Fact]
    public async Task A_run_without_a_checkpoint_starts_over_with_the_recorded_weights_or_not_at_all()
    {
        await Source();
        string run = Path.Combine(_folder.Path, "run");
        string begun;
        using (Trainer trainer = Trainer.Create(Next(), run)) begun = TestRun.Bits(trainer);

        // The source goes on: its newest checkpoint is another one, and the one that was taken is still there.
        using (Trainer trainer = Trainer.Resume(_source, _first with { Train = _first.Train with { Steps = 9 } })) await TestRun.Run(trainer);
        using (Trainer trainer = Trainer.Resume(run)) Assert.Equal(begun, TestRun.Bits(trainer));

        Directory.Delete(Path.Combine(_source, "checkpoints", "step-00000006"), recursive: true);
        BadInputException error = Assert.Throws<BadInputException>(() => Trainer.Resume(run));
        Assert.Contains("the weights must be those that train.fromSha256 names", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_weights_are_part_of_what_may_not_change()
    {
        await Source();
        string run = Path.Combine(_folder.Path, "run");
        TrainingConfig config;
        using (Trainer trainer = Trainer.Create(Next(), run)) config = trainer.Config!;
        Assert.Equal(64, config.Train.FromSha256!.Length);
        Assert.NotEqual(ResumeRules.Hash(config), ResumeRules.Hash(config with { Train = config.Train with { FromSha256 = new string('0', 64) } }));
        ConfigurationException error = Assert.Throws<ConfigurationException>(() => Trainer.Resume(run, config with { Train = config.Train with { From = null } }));
        Assert.Contains("train.from must stay as the run began", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_setting_that_does_not_fit_is_refused_by_name_and_one_that_does_is_kept()
    {
        await Source();
        TrainingConfig next = Next(), changed = next with { Model = _first.Model with { Width = 32, Activation = "gelu-tanh", Dropout = 0.2 } };
        ConfigurationException error = Assert.Throws<ConfigurationException>(() => Trainer.Create(changed));
        Assert.Equal(
            ["[config] model.width must be that of train.from, 64, or not be set; 32 came", "[config] model.activation must be that of train.from, relu-squared, or not be set; gelu-tanh came"],
            error.Problems);
        using Trainer trainer = Trainer.Create(next with { Model = _first.Model with { Dropout = 0.2 } });
        Assert.Equal(0.2, trainer.Config!.Model.Dropout);
    }

    [Fact]
    public async Task Another_text_is_read_with_the_sources_tokenizer()
    {
        await Source();
        string other = _folder.Write("other.txt", string.Concat(Enumerable.Repeat("the same letters only. ", 60)));
        using (Trainer trainer = Trainer.Create(Next() with { Data = new() { File = other } })) Assert.Equal(TestRun.Text.Distinct().Count(), TestRun.Language(trainer).Tokenizer!.VocabularySize);
        string strange = _folder.Write("strange.txt", string.Concat(Enumerable.Repeat("\u00e9", 500)));
        BadInputException error = Assert.Throws<BadInputException>(() => Trainer.Create(Next() with { Data = new() { File = strange } }));
        Assert.Contains("U+00E9", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_source_is_said_in_one_line()
    {
        AssertRefused<InvalidFileException>("there is no such folder");
        using (Trainer trainer = Trainer.Create(_first, _source)) Assert.Equal(0, trainer.Step);
        AssertRefused<BadInputException>("the run has written none yet");
        Directory.Delete(_source, recursive: true);
        await Source();
        string weights = Path.Combine(_source, "checkpoints", "step-00000006", "model.safetensors");
        byte[] bytes = File.ReadAllBytes(weights);
        bytes[^1] ^= 1;
        File.WriteAllBytes(weights, bytes);
        AssertRefused<InvalidFileException>("sha256", Path.GetDirectoryName(weights));
    }

    [Fact]
    public async Task A_model_that_broke_is_passed_over_for_the_last_good_one()
    {
        await Source();
        CheckpointStore store = new(Path.Combine(_source, "checkpoints"));
        using (LoadedCheckpoint good = store.LoadLatest(out _)!)
        {
            System.Text.Json.Nodes.JsonObject state = good.State.ToNode()!.AsObject();
            store.Save(7, new CheckpointContents { Model = [], Optimizer = [], State = state }, keep: 3);
        }

        string run = Path.Combine(_folder.Path, "run");
        using Trainer trainer = Trainer.Create(Next(), run);
        Assert.Contains(trainer.Description.Facts, fact => fact.Value.Contains("step 6", StringComparison.Ordinal));
        Assert.Contains(await TestRun.Run(trainer), happened => happened is NoticeEvent notice && notice.Message.Contains("step 7 was broken", StringComparison.Ordinal));
    }

    private TrainingConfig Next() => TestRun.OnlySteps(_folder, steps: 5) with
    {
        Model = new(),
        Train = new() { Steps = 5, Batch = 4, Seed = 11, Threads = 2, From = _source },
        Evaluate = new() { Every = null, Batch = 4 },
    };

    private async Task<double> Source()
    {
        using Trainer trainer = Trainer.Create(_first, _source);
        await TestRun.Run(trainer);
        return trainer.Task.Evaluate(default)!.Decisive.Value;
    }

    private void AssertRefused<TException>(string words, string? from = null)
        where TException : Exception
    {
        TException error = Assert.Throws<TException>(() => Trainer.Create(Next() with { Train = Next().Train with { From = from ?? _source } }));
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }
}
