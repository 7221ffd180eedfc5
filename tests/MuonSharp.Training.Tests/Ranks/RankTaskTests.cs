using MuonSharp.Distributed;
using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;
using MuonSharp.Training.Tests.Trainers;

namespace MuonSharp.Training.Tests.Ranks;

/// <summary>What a task tells ranks.</summary>
public class RankTaskTests
{
    [Theory]
    [InlineData("model.tiedHead=true")]
    [InlineData("model.tiedHead=false", "train.recompute=true")]
    public void A_language_task_tells_each_gradient_once_and_complete(params string[] settings)
    {
        using TemporaryFolder folder = new();
        using Trainer trainer = Trainer.Create(RankRuns.Config(folder, settings));
        TellsEachGradient(trainer.Task);
    }

    [Theory]
    [InlineData("convnet")]
    [InlineData("airbench94")]
    public void A_task_of_images_tells_each_gradient_once_and_complete(string network)
    {
        using TemporaryFolder folder = new();
        using Trainer trainer = Trainer.Create(TinyImages.Config(TinyImages.Write(folder.Path, size: 24), [("image.network", network), ("image.widths", "8,16,16"), ("train.threads", "1")]));
        TellsEachGradient(trainer.Task);
    }

    [Fact]
    public void A_supervised_task_tells_each_gradient_once_and_complete()
    {
        using Network network = new();
        TellsEachGradient(network.Task);
    }

    /// <summary>The loads of experts are those of all ranks' rows, in a network of one's own too.</summary>
    [Fact]
    public async Task Experts_of_a_supervised_task_have_the_biases_of_one_process_on_three_ranks()
    {
        TrainerSettings settings = new() { Steps = 8, Accumulation = 3 };
        using Network alone = new();
        using (Trainer trainer = Trainer.Create(alone.Task, settings))
        {
            await TestRun.Run(trainer);
        }

        ThreadCollectives.Run(3, rank =>
        {
            using Network own = new();
            using Trainer trainer = Trainer.Create(own.Task, settings, options: new TrainerOptions { Collectives = rank });
            TestRun.Run(trainer).GetAwaiter().GetResult();
            Assert.Equal(alone.Biases, own.Biases);
            Assert.Equal(RankRuns.Weights(alone.Task.Parameters), RankRuns.Weights(own.Task.Parameters));
            rank.Barrier();
        });
        Assert.Contains(alone.Biases, bias => bias != 0);
    }

    private static void TellsEachGradient(ITrainingTask task)
    {
        List<Parameter> told = [];
        Dictionary<Parameter, float[]> then = [];
        task.Parameters.ZeroGradients();
        _ = task.Run(1, 0, 1, parameter =>
        {
            told.Add(parameter);
            then.Add(parameter, parameter.Gradient.Span.ToArray());
        });
        Assert.Equal(task.Parameters.Parameters.OrderBy(parameter => parameter.Name), told.OrderBy(parameter => parameter.Name));
        Assert.All(told, parameter => Assert.Equal(then[parameter], parameter.Gradient.Span.ToArray()));
        Assert.NotEqual(task.Parameters.Parameters, told);
    }

    private sealed class Network : IDisposable
    {
        private readonly Model _model;
        private readonly MixtureOfExperts _experts;

        public Network()
        {
            ModelBuilder builder = new(seed: 3);
            Linear first = new(builder, "first", 4, 16), last = new(builder, "last", 16, 2, role: ParameterRole.Head);
            _experts = new MixtureOfExperts(
                builder, "experts", new MixtureOptions { Width = 16, Hidden = 8, Experts = 6, Routing = new RoutingOptions { Active = 2 }, BalancingSpeed = 0.125f });
            _model = builder.Build(new WorkerTeam(1));
            float[] inputs = new float[4 * 64], targets = new float[2 * 64];
            new RandomStream(5, "inputs").FillNormal(inputs, 0, 0);
            new RandomStream(5, "targets").FillNormal(targets, 0, 0);
            Task = new SupervisedTask(_model, SupervisedData.OfNumbers(inputs, targets, rows: 64), Record, Objective.MeanSquaredError, options: new SupervisedTaskOptions { Batch = 8 });

            Tensor Record(Tape tape, Tensor x)
            {
                Tensor stream = first.Record(tape, x);
                return last.Record(tape, _experts.Record(tape, stream, stream));
            }
        }

        public SupervisedTask Task { get; }

        public float[] Biases => _experts.Bias!.Values.Span.ToArray();

        public void Dispose()
        {
            Task.Dispose();
            _model.Dispose();
            _model.Team.Dispose();
        }
    }
}
