using MuonSharp.Distributed;
using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Training.Tests.Tasks;
using MuonSharp.Training.Tests.Trainers;

namespace MuonSharp.Training.Tests.Ranks;

/// <summary>Evaluations that ranks share: each part is computed once, and the numbers are those of one process.</summary>
public class RankEvaluationTests
{
    private static readonly TrainerSettings s_settings = new() { Steps = 4, Accumulation = 6, EvaluateEvery = 2 };

    /// <summary>Of 5 parts; in the last case one rank has none.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(6)]
    public async Task Each_part_is_computed_once(int ranks)
    {
        const int Parts = 5;
        using LineTask task = new(Parts);
        using Trainer trainer = Trainer.Create(task, s_settings);
        string[] alone = Evaluations(await TestRun.Run(trainer));
        int computed = 0;
        ThreadCollectives.Run(ranks, rank =>
        {
            int own = 0;
            using LineTask shared = new(Parts) { SharesEvaluation = true, Evaluating = _ => own++ };
            using Trainer together = Trainer.Create(shared, s_settings, options: new TrainerOptions { Collectives = rank });
            Assert.Equal(alone, Evaluations(TestRun.Run(together).GetAwaiter().GetResult()));
            Assert.InRange(own, 2 * (Parts / ranks), 2 * ((Parts + ranks - 1) / ranks));
            _ = Interlocked.Add(ref computed, own);
            rank.Barrier();
        });
        Assert.Equal((2, 2 * Parts), (alone.Length, computed));
    }

    /// <summary>Seven batches of held-out rows, the last one shorter.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_supervised_task_has_the_evaluations_of_one_process(bool classes)
    {
        using Network alone = new(classes);
        using Trainer trainer = Trainer.Create(alone.Task, s_settings);
        string[] expected = Evaluations(await TestRun.Run(trainer));
        ThreadCollectives.Run(3, rank =>
        {
            using Network own = new(classes);
            using Trainer together = Trainer.Create(own.Task, s_settings, options: new TrainerOptions { Collectives = rank });
            Assert.Equal(expected, Evaluations(TestRun.Run(together).GetAwaiter().GetResult()));
            rank.Barrier();
        });
        Assert.NotEqual(expected[0], expected[1]);
        Assert.Equal(classes, expected[0].Contains("accuracy", StringComparison.Ordinal));
    }

    private static string[] Evaluations(IEnumerable<TrainingEvent> events) =>
        [.. events.OfType<EvaluationEvent>().Select(happened => string.Join(' ', happened.Result.Numbers.Select(number => $"{number.Name} {number.Value:R}")))];

    private sealed class Network : IDisposable
    {
        private const int Held = 52;
        private readonly Model _model;

        public Network(bool classes)
        {
            ModelBuilder builder = new(seed: 3);
            Linear first = new(builder, "first", 4, 16), last = new(builder, "last", 16, 3);
            _model = builder.Build(new WorkerTeam(1));
            Task = new SupervisedTask(
                _model, Data(64, "training"), (tape, x) => last.Record(tape, first.Record(tape, x)), classes ? Objective.CrossEntropy() : Objective.MeanSquaredError, Data(Held, "held out"),
                new SupervisedTaskOptions { Batch = 4, EvaluationBatch = 8 });

            SupervisedData Data(int rows, string name)
            {
                float[] inputs = new float[4 * rows], targets = new float[3 * rows];
                new RandomStream(5, name).FillNormal(inputs, 0, 0);
                new RandomStream(5, name).FillNormal(targets, 1, 0);
                return classes ? SupervisedData.OfNumbers(inputs, [.. Enumerable.Range(0, rows).Select(row => inputs[4 * row] > 0 ? 1 : row % 2 * 2)]) : SupervisedData.OfNumbers(inputs, targets, rows);
            }
        }

        public SupervisedTask Task { get; }

        public void Dispose()
        {
            Task.Dispose();
            _model.Dispose();
            _model.Team.Dispose();
        }
    }
}
