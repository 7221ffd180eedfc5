using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;
using MuonSharp.Training.Tests.Trainers;

namespace MuonSharp.Training.Tests.Tasks;

/// <summary>A run of a network with experts whose biases even out their loads.</summary>
public class ExpertRunTests
{
    [Fact]
    public async Task Stopped_and_resumed_it_has_the_weights_and_biases_of_one_that_was_not()
    {
        using TemporaryFolder folder = new();
        using Network whole = new(), first = new(), second = new();
        using (Trainer trainer = Trainer.Create(whole.Task, Settings, runFolder: folder.File("whole")))
        {
            await TestRun.Run(trainer);
        }

        using (Trainer trainer = Trainer.Create(first.Task, Settings, runFolder: folder.File("run")))
        {
            await TestRun.RunUntil(trainer, 5);
        }

        using (Trainer trainer = Trainer.Resume(second.Task, Settings, null, folder.File("run")))
        {
            Assert.Equal(5, trainer.Step);
            await TestRun.Run(trainer);
        }

        Assert.Equal(whole.Biases, second.Biases);
        Assert.Equal(whole.Weights, second.Weights);
        Assert.NotEqual(first.Biases, second.Biases);

        // Twelve steps of 0.125 each, up, down or, at the mean load, neither.
        Assert.All(whole.Biases, bias => Assert.True(bias % 0.125f == 0 && Math.Abs(bias) <= 1.5f));
        Assert.Contains(whole.Biases, bias => bias > 0);
    }

    private static TrainerSettings Settings { get; } = new() { Steps = 12, Accumulation = 3, CheckpointEvery = 4 };

    private sealed class Network : IDisposable
    {
        private readonly Model _model;
        private readonly MixtureOfExperts _experts;

        public Network()
        {
            ModelBuilder builder = new(seed: 3);
            Linear first = new(builder, "first", 4, 16), last = new(builder, "last", 16, 2, role: ParameterRole.Head);
            _experts = new MixtureOfExperts(builder, "experts", new MixtureOptions
            {
                Width = 16,
                Hidden = 8,
                Experts = 6,
                Routing = new RoutingOptions { Active = 2 },
                SharedHidden = 8,
                BalancingSpeed = 0.125f,
            });
            _model = builder.Build();
            float[] inputs = new float[4 * 64], targets = new float[2 * 64];
            new RandomStream(5, "inputs").FillNormal(inputs, 0, 0);
            new RandomStream(5, "targets").FillNormal(targets, 0, 0);
            Task = new SupervisedTask(
                _model, SupervisedData.OfNumbers(inputs, targets, rows: 64), Record, Objective.MeanSquaredError, options: new SupervisedTaskOptions { Batch = 8 });

            Tensor Record(Tape tape, Tensor x)
            {
                Tensor stream = first.Record(tape, x);
                return last.Record(tape, _experts.Record(tape, stream, stream));
            }
        }

        public SupervisedTask Task { get; }

        public float[] Biases => _experts.Bias!.Values.Span.ToArray();

        public float[] Weights => [.. _model.Parameters.Parameters.SelectMany(parameter => parameter.Weights.Span.ToArray())];

        public void Dispose()
        {
            Task.Dispose();
            _model.Dispose();
        }
    }
}
