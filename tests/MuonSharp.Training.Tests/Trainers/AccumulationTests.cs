using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Training.Tests.Trainers;

/// <summary>Gradients of micro-batches are added in a fixed binary tree over their numbers.</summary>
public class AccumulationTests
{
    private const int Weights = 37;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    public async Task The_step_sees_the_sum_of_the_tree_to_the_bit(int microBatches)
    {
        using RandomTask task = new();
        using Trainer trainer = Trainer.Create(task, new TrainerSettings { Steps = 3, Accumulation = microBatches, EvaluateEvery = null }, Route.AdamW(new AdamWOptions()));
        List<float[]> seen = [];
        trainer.Parts.Step.GradientHook = (parameters, _) => seen.Add(parameters["w"].Gradient.Span.ToArray());

        await TestRun.Run(trainer);

        Assert.Equal(3, seen.Count);
        for (int step = 1; step <= 3; step++)
        {
            for (int i = 0; i < Weights; i++)
            {
                Assert.Equal(Tree(step, i, 0, microBatches, 1f / microBatches), seen[step - 1][i]);
            }
        }
    }

    [Fact]
    public void The_order_of_the_additions_matters_in_these_numbers()
    {
        int others = 0;
        for (int i = 0; i < Weights; i++)
        {
            float inOrder = 0;
            for (int micro = 0; micro < 7; micro++)
            {
                inOrder += RandomTask.Gradient(1, micro, i) / 7f;
            }

            others += inOrder != Tree(1, i, 0, 7, 1f / 7) ? 1 : 0;
        }

        Assert.True(others > 5, $"{others}");
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(4, 2)]
    [InlineData(5, 3)]
    [InlineData(128, 7)]
    public void Memory_is_planned_for_the_sums(int microBatches, int buffers)
    {
        using RandomTask task = new();
        using Trainer trainer = Trainer.Create(task, new TrainerSettings { Steps = 3, Accumulation = microBatches }, Route.AdamW(new AdamWOptions()));

        Assert.Equal(buffers * trainer.Description.Memory.Gradients, trainer.Description.Memory.GradientSums);
    }

    /// <summary>The sum over leaves from first on: the greatest power of two below their number on the left.</summary>
    private static float Tree(int step, int i, int first, int leaves, float scale)
    {
        if (leaves == 1)
        {
            return RandomTask.Gradient(step, first, i) * scale;
        }

        int left = 1;
        while (left * 2 < leaves)
        {
            left *= 2;
        }

        return Tree(step, i, first, left, scale) + Tree(step, i, first + left, leaves - left, scale);
    }

    /// <summary>Its gradients are random numbers of very different sizes.</summary>
    private sealed class RandomTask : ITrainingTask
    {
        private readonly Model _model;

        public RandomTask()
        {
            ModelBuilder builder = new(seed: 3);
            builder.Parameter("w", [Weights], ParameterRole.Gain, Initializers.Zeros);
            _model = builder.Build(new WorkerTeam(2));
        }

        public ParameterStore Parameters => _model.Parameters;

        public WorkerTeam Team => _model.Team;

        public string Kind => "random";

        public string Unit => "draws";

        public long UnitsPerMicroBatch => 1;

        public IReadOnlyList<(string Name, string Value)> Facts => [];

        public string DataIdentity => "none";

        public static float Gradient(long step, int microBatch, int i)
        {
            RandomStream random = new(1, "gradients");
            return (float)((random.Below(1_000_001, (ulong)step, (uint)microBatch, i) - 500_000) * Math.Pow(10, random.Below(5, (ulong)step, (uint)microBatch, i + Weights)));
        }

        public double Run(long step, int microBatch, float gradientScale)
        {
            for (int i = 0; i < Weights; i++)
            {
                _model.Parameters["w"].Gradient.Span[i] += Gradient(step, microBatch, i) * gradientScale;
            }

            return 1;
        }

        public Training.Evaluation? Evaluate(CancellationToken cancellation) => null;

        public void Dispose()
        {
            _model.Dispose();
            Team.Dispose();
        }
    }
}
