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
        (SupervisedData training, SupervisedData heldOut) = Rings(900).Split(0.25);
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
            SupervisedData data = objective.NeedsClasses ? Rings(300) : Values(300);
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
        using (Network network = new(Rings(300), null, Objective.CrossEntropy())) await Finish(Trainer.Create(network.Task, settings, runFolder: run), stopAt: 2);
        using Network other = new(Rings(points), null, Objective.CrossEntropy(smoothing));
        Exception error = Assert.ThrowsAny<Exception>(() => Trainer.Resume(other.Task, settings, routes: null, run));
        Assert.StartsWith("[", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void What_does_not_fit_together_is_refused()
    {
        Assert.Throws<ArgumentException>(() => SupervisedData.OfNumbers([1, 2, 3], [0, 1]));
        Assert.Throws<ArgumentException>(() => Values(2).Split(0.1));
        ArgumentException error = Assert.Throws<ArgumentException>(() => new Network(Values(10), null, Objective.CrossEntropy()));
        Assert.Equal("[task] the objective compares with classes; the targets are numbers", error.Message);
        Assert.Throws<ArgumentException>(() => new Network(Rings(9), Values(9), Objective.CrossEntropy()));
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

    /// <summary>Points around the origin; the class is the ring.</summary>
    private static SupervisedData Rings(int points)
    {
        float[] inputs = new float[2 * points];
        int[] classes = [.. Enumerable.Range(0, points).Select(i => i % 3)];
        for (int i = 0; i < points; i++)
        {
            double radius = classes[i] + 0.2 + (0.6 * (i * 0.618033988749895 % 1)), angle = 2 * Math.PI * (i * 0.754877666246693 % 1);
            (inputs[2 * i], inputs[(2 * i) + 1]) = ((float)(radius * Math.Cos(angle)), (float)(radius * Math.Sin(angle)));
        }

        return SupervisedData.OfNumbers(inputs, classes);
    }

    private static SupervisedData Values(int points)
    {
        float[] inputs = new float[2 * points], targets = new float[points];
        RegressionTests.Draw(1, inputs, targets);
        return SupervisedData.OfNumbers(inputs, targets, points);
    }

    /// <summary>Two hidden layers on a team of their own; with classes, batch norm lies between them.</summary>
    private sealed class Network : IDisposable
    {
        private readonly Model _model;
        private readonly WorkerTeam _team;

        public Network(SupervisedData data, SupervisedData? heldOut, Objective objective, int threads = 2)
        {
            _team = new WorkerTeam(threads);
            ModelBuilder builder = new(seed: 5);
            Linear first = new(builder, "first", 2, 32), second = new(builder, "second", 32, 32);
            Linear last = new(builder, "last", 32, objective.NeedsClasses ? 3 : 1, role: ParameterRole.Head);
            BatchNorm? norm = objective.NeedsClasses ? new BatchNorm(builder, "norm", 32) : null;
            _model = builder.Build(_team);
            try
            {
                Task = new SupervisedTask(
                    _model,
                    data,
                    (Tape tape, Tensor x) =>
                    {
                        Tensor hidden = first.Record(tape, x, Activation.Silu);
                        return last.Record(tape, second.Record(tape, norm is null ? hidden : norm.Record(tape, hidden), Activation.Silu));
                    },
                    objective,
                    heldOut,
                    new SupervisedTaskOptions { Batch = 32 });
            }
            catch
            {
                _model.Dispose();
                _team.Dispose();
                throw;
            }
        }

        public SupervisedTask Task { get; }

        /// <summary>Everything that a checkpoint holds of the model, running statistics too.</summary>
        public float[] Weights() =>
        [
            .. _model.Parameters.Parameters.SelectMany(parameter => parameter.Weights.Span.ToArray()),
            .. _model.Parameters.Buffers.SelectMany(buffer => buffer.Values.Span.ToArray()),
        ];

        public void Dispose()
        {
            Task.Dispose();
            _model.Dispose();
            _team.Dispose();
        }
    }
}
