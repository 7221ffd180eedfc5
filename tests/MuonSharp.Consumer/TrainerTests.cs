using MuonSharp.Formats;
using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;
using MuonSharp.Training;

namespace MuonSharp.Consumer;

/// <summary>Tasks of one's own in the trainer: they have all that a run has.</summary>
public sealed class TrainerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("muonsharp-consumer-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_classifier_on_arrays_learns_and_its_run_is_a_run()
    {
        (SupervisedData training, SupervisedData heldOut) = Points.Rings(900).Split(0.25);
        using Network network = new(training, heldOut, Objective.CrossEntropy(0.05));
        string run = Path.Combine(_folder, "run");
        List<Evaluation> evaluations = [];
        using (Trainer trainer = Trainer.Create(network.Task, new TrainerSettings { Steps = 300, EvaluateEvery = 150 }, runFolder: run))
        {
            await foreach (TrainingEvent happened in trainer.RunAsync())
            {
                if (happened is EvaluationEvent evaluation) evaluations.Add(evaluation.Result);
            }
        }

        Assert.Equal(2, evaluations.Count);
        Assert.Equal("val_loss", evaluations[1].Decisive.Name);
        Assert.InRange(evaluations[1]["accuracy"]!.Value, 0.95, 1);
        Assert.True(evaluations[1].Decisive.Value < evaluations[0].Decisive.Value);
        Assert.True(File.Exists(Path.Combine(run, "checkpoints", "step-00000300", "model.safetensors")));
        Assert.Contains("\"samples_per_second\"", File.ReadLines(Path.Combine(run, "metrics.jsonl")).First(), StringComparison.Ordinal);
        Assert.Contains("\"accuracy\"", File.ReadAllText(Path.Combine(run, "metrics.jsonl")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_stopped_and_resumed_run_has_the_bits_of_one_that_never_stopped(int threads)
    {
        foreach (Objective objective in new[] { Objective.CrossEntropy(), Objective.MeanSquaredError })
        {
            SupervisedData data = objective.NeedsClasses ? Points.Rings(300) : Points.Values(300);
            TrainerSettings settings = new() { Steps = 20, Accumulation = 2, EvaluateEvery = null };
            using Network straight = new(data, null, objective, threads: 2);
            await Finish(Trainer.Create(straight.Task, settings), stopAt: null);

            string run = Path.Combine(_folder, $"{objective.Kind}-{threads}");
            using (Network stopped = new(data, null, objective, threads)) await Finish(Trainer.Create(stopped.Task, settings, runFolder: run), stopAt: 7);
            using Network resumed = new(data, null, objective, threads);
            await Finish(Trainer.Resume(resumed.Task, settings, routes: null, run), stopAt: null);
            Assert.Equal(straight.Weights(), resumed.Weights());
        }
    }

    [Theory]
    [InlineData(303, 0)]
    [InlineData(300, 0.1)]
    public async Task A_resume_with_other_data_or_another_loss_is_refused(int points, double smoothing)
    {
        string run = Path.Combine(_folder, "other");
        TrainerSettings settings = new() { Steps = 4, EvaluateEvery = null };
        using (Network network = new(Points.Rings(300), null, Objective.CrossEntropy())) await Finish(Trainer.Create(network.Task, settings, runFolder: run), stopAt: 2);
        using Network other = new(Points.Rings(points), null, Objective.CrossEntropy(smoothing));
        Exception error = Assert.ThrowsAny<Exception>(() => Trainer.Resume(other.Task, settings, routes: null, run));
        Assert.StartsWith("[", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void What_does_not_fit_together_is_refused()
    {
        Assert.Throws<ArgumentException>(() => SupervisedData.OfNumbers([1, 2, 3], [0, 1]));
        Assert.Throws<ArgumentException>(() => Points.Values(2).Split(0.1));
        ArgumentException error = Assert.Throws<ArgumentException>(() => new Network(Points.Values(10), null, Objective.CrossEntropy()));
        Assert.Equal("[task] the objective compares with classes; the targets are numbers", error.Message);
        Assert.Throws<ArgumentException>(() => new Network(Points.Rings(9), Points.Values(9), Objective.CrossEntropy()));
    }

    [Fact]
    public void A_value_that_is_missing_is_named_by_its_row_before_anything_is_trained()
    {
        SupervisedData whole = SupervisedData.OfNumbers([1, 2, 3, 4, 5, 6], [1, 2, 3], rows: 3), gap = SupervisedData.OfNumbers([1, 2, 3, float.NaN, 5, 6], [1, 2, 3], rows: 3);
        SupervisedData endless = SupervisedData.OfNumbers([1, 2, 3, 4, 5, 6], [1, 2, float.PositiveInfinity], rows: 3);
        Refused("[task] inputs must be finite numbers; NaN came in row 1, column 1 (from 0)", gap, whole);
        Refused("[task] held-out targets must be finite numbers; Infinity came in row 2, column 0 (from 0)", whole, endless);

        static void Refused(string message, SupervisedData data, SupervisedData heldOut) =>
            Assert.Equal(message, Assert.Throws<ArgumentException>(() => new Network(data, heldOut, Objective.MeanSquaredError)).Message);
    }

    [Fact]
    public async Task Words_are_classified_by_the_mean_of_their_vectors()
    {
        // The class is whether token 0 or token 1 is in the row.
        int[] tokens = [.. Enumerable.Range(0, 400).SelectMany(row => Enumerable.Range(0, 5).Select(word => word == row % 5 ? row % 2 : 2 + (((row * 5) + word) % 7)))];
        int[] classes = [.. Enumerable.Range(0, 400).Select(row => row % 2)];
        (SupervisedData training, SupervisedData heldOut) = SupervisedData.OfTokens(tokens, classes).Split(0.25);
        ModelBuilder builder = new(seed: 2);
        Embedding words = new(builder, "words", 9, 8);
        Linear head = new(builder, "head", 8, 2, role: ParameterRole.Head);
        using Model model = builder.Build();
        using SupervisedTask task = new(
            model,
            training,
            (Tape tape, TokenBuffer input) => head.Record(tape, tape.EmbeddingMean(input, tape.Parameter(words.Weight), 5)),
            Objective.CrossEntropy(),
            heldOut);
        Evaluation? last = null;
        using Trainer trainer = Trainer.Create(task, new TrainerSettings { Steps = 200, EvaluateEvery = 200 }, Route.AdamW(auxiliary: new AdamWOptions { LearningRate = 0.03 }));
        await foreach (TrainingEvent happened in trainer.RunAsync()) last = (happened as EvaluationEvent)?.Result ?? last;
        Assert.Equal(1, last!["accuracy"]);
    }

    [Fact]
    public async Task A_checkpoints_weights_go_into_another_network_of_the_same_shapes()
    {
        SupervisedData data = Points.Rings(300);
        string run = Path.Combine(_folder, "source");
        TrainerSettings settings = new() { Steps = 12, EvaluateEvery = null };
        using Network source = new(data, null, Objective.CrossEntropy());
        await Finish(Trainer.Create(source.Task, settings, runFolder: run), stopAt: null);

        using Network tuned = new(data, null, Objective.CrossEntropy());
        LoadedWeights loaded = WeightFile.Load(run, tuned.Task.Parameters);
        Assert.Equal(12, loaded.Step);
        Assert.Equal(source.Weights(), tuned.Weights());
        Assert.Equal(loaded, WeightFile.Load(loaded.Checkpoint, tuned.Task.Parameters));

        using Network other = new(Points.Values(300), null, Objective.MeanSquaredError);
        float[] before = other.Weights();
        InvalidFileException error = Assert.Throws<InvalidFileException>(() => WeightFile.Load(run, other.Task.Parameters));
        Assert.Contains("tensor 'last.weight' must be", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, other.Weights());
    }

    private static async Task Finish(Trainer trainer, long? stopAt)
    {
        using CancellationTokenSource stop = new();
        using (trainer)
        {
            await foreach (TrainingEvent happened in trainer.RunAsync(stop.Token))
            {
                if (happened is StepEvent step && step.Step == stopAt) await stop.CancelAsync();
            }
        }
    }
}
