using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;
using MuonSharp.Training;

namespace MuonSharp.Consumer;

/// <summary>Two hidden layers on a team of their own, as a task; with classes, batch norm lies between them.</summary>
internal sealed class Network : IDisposable
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

/// <summary>Data in the plane.</summary>
internal static class Points
{
    /// <summary>Points around the origin; the class is the ring.</summary>
    public static SupervisedData Rings(int points)
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

    public static SupervisedData Values(int points)
    {
        float[] inputs = new float[2 * points], targets = new float[points];
        RegressionTests.Draw(1, inputs, targets);
        return SupervisedData.OfNumbers(inputs, targets, points);
    }
}
