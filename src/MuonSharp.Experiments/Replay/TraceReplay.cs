using System.Collections.Immutable;
using System.Globalization;
using MuonSharp.Formats;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Experiments;

/// <summary>Steps recorded gradients through the optimizers that training uses and compares the weights with the recorded ones.</summary>
/// <remarks>
/// <para>The deviation is ‖W − E‖ / (‖E − E₀‖ + 10⁻³‖E₀‖), in double: W our weights, E the recorded ones, E₀ the initial ones. The second
/// term is what float32 storage can say at all.</para>
/// <para>Cost: the optimizer's own, and one pass over gradients and recorded weights. Memory: weights, gradients, state, and the two longest tensors.</para>
/// </remarks>
public static class TraceReplay
{
    /// <summary>The share of the initial weights' norm that stands for float32's resolution.</summary>
    private const double ResolutionShare = 1e-3;

    /// <summary>Replays a recorded run.</summary>
    /// <param name="trace">The recorded run.</param>
    /// <param name="threads">Threads that compute; 0 takes all cores. The result has the same bits for any number.</param>
    /// <returns>The largest deviation of each parameter.</returns>
    /// <exception cref="InvalidFileException">A parameter is unfit for its optimizer, or a recorded number is not finite.</exception>
    public static ReplayResult Run(Trace trace, int threads = 0)
    {
        using ParameterStore store = Load(trace);
        using var team = new WorkerTeam(threads);
        using RoutedOptimizer optimizer = Optimizer(trace, store, team);
        Dictionary<string, ReplayDeviation> worst = optimizer.Plan.Rows.ToDictionary(
            row => row.Parameter.Name, row => new ReplayDeviation(row.Parameter.Name, row.Optimizer, 0, 0, 0), StringComparer.Ordinal);
        int longest = store.Parameters.Max(parameter => parameter.Length);
        (float[] expected, float[] initial) = (new float[longest], new float[longest]);
        for (int step = 1; step <= trace.LastExpectedStep; step++)
        {
            Step(trace, step, store, optimizer);
            foreach (Parameter parameter in store.Parameters)
            {
                Span<float> recorded = expected.AsSpan(0, parameter.Length);
                if (trace.TryReadExpected(step, parameter.Name, recorded))
                {
                    RequireFinite(trace, recorded, TraceFormat.Expected(step, parameter.Name));
                    Span<float> start = initial.AsSpan(0, parameter.Length);
                    trace.ReadInitial(parameter.Name, start);
                    ReplayDeviation before = worst[parameter.Name];
                    double deviation = Deviation(parameter.Weights.Span, recorded, start);
                    worst[parameter.Name] = before.Comparisons > 0 && deviation <= before.Deviation
                        ? before with { Comparisons = before.Comparisons + 1 }
                        : before with { Deviation = deviation, Step = step, Comparisons = before.Comparisons + 1 };
                }
            }
        }

        return new ReplayResult([.. store.Parameters.Select(parameter => worst[parameter.Name])], trace.LastExpectedStep);
    }

    /// <summary>‖W − E‖ / (‖E − E₀‖ + 10⁻³‖E₀‖).</summary>
    /// <param name="weights">W.</param>
    /// <param name="expected">E, of the same length.</param>
    /// <param name="initial">E₀, of the same length.</param>
    /// <returns>The deviation; 0 when the weights are equal, infinite when one of the three holds a number that is not finite.</returns>
    public static double Deviation(ReadOnlySpan<float> weights, ReadOnlySpan<float> expected, ReadOnlySpan<float> initial)
    {
        (double difference, double way, double size) = (0, 0, 0);
        for (int i = 0; i < weights.Length; i++)
        {
            double d = (double)weights[i] - expected[i];
            double w = (double)expected[i] - initial[i];
            difference += d * d;
            way += w * w;
            size += (double)initial[i] * initial[i];
        }

        double deviation = difference == 0 ? 0 : Math.Sqrt(difference) / (Math.Sqrt(way) + (ResolutionShare * Math.Sqrt(size)));
        return double.IsFinite(difference + way + size) ? deviation : double.PositiveInfinity;
    }

    private static ParameterStore Load(Trace trace)
    {
        var builder = new ParameterStoreBuilder();
        foreach (TraceGroup group in trace.Config.Groups)
        {
            foreach (string name in group.Parameters)
            {
                ImmutableArray<int> shape = trace.Shape(name);
                builder.Add(name, shape, shape.Length > 1 ? ParameterRole.Matrix : ParameterRole.Gain, shape.Length > 1 ? group.Layout : null);
            }
        }

        ParameterStore store = builder.Build(gradients: true);
        foreach (Parameter parameter in store.Parameters)
        {
            trace.ReadInitial(parameter.Name, parameter.Weights.Span);
            RequireFinite(trace, parameter.Weights.Span, TraceFormat.Initial(parameter.Name));
        }

        return store;
    }

    private static void RequireFinite(Trace trace, ReadOnlySpan<float> values, string tensor)
    {
        foreach (float value in values)
        {
            if (!float.IsFinite(value))
            {
                throw trace.Broken($"recorded weights are finite; '{tensor}' is not");
            }
        }
    }

    private static RoutedOptimizer Optimizer(Trace trace, ParameterStore store, WorkerTeam team)
    {
        try
        {
            return new RoutedOptimizer(store, trace.Config.Routes(), new StepOptions { TotalSteps = trace.Config.Steps }, team);
        }
        catch (OptimizerOptionsException error)
        {
            throw trace.Broken(string.Join("; ", error.Problems));
        }
    }

    private static void Step(Trace trace, int step, ParameterStore store, RoutedOptimizer optimizer)
    {
        foreach (Parameter parameter in store.Parameters)
        {
            parameter.HasGradient = trace.TryReadGradient(step, parameter.Name, parameter.Gradient.Span);
        }

        if (optimizer.Step() is { Skipped: true } report)
        {
            string name = TraceFormat.Gradient(step, report.NonFiniteParameter!);
            throw trace.Broken(double.IsFinite(report.GradientNorm)
                ? string.Create(CultureInfo.InvariantCulture, $"recorded gradients fit float32; those of step {step} have a norm of {report.GradientNorm:g3}, most of it in '{name}'")
                : $"recorded gradients are finite; '{name}' is not");
        }
    }
}

/// <summary>How far a parameter went from the recording.</summary>
/// <param name="Parameter">The parameter's name.</param>
/// <param name="Optimizer">The optimizer that stepped it.</param>
/// <param name="Deviation">The largest ‖W − E‖ / (‖E − E₀‖ + 10⁻³‖E₀‖) over the recorded steps; infinite when a weight was not finite.</param>
/// <param name="Step">The step of the largest deviation.</param>
/// <param name="Comparisons">Recorded steps that were compared.</param>
public sealed record ReplayDeviation(string Parameter, string Optimizer, double Deviation, int Step, int Comparisons);

/// <summary>What the replay of a recorded run gave.</summary>
/// <param name="Parameters">One row a parameter, in the order of the groups.</param>
/// <param name="Steps">Steps that were run.</param>
public sealed record ReplayResult(ImmutableArray<ReplayDeviation> Parameters, int Steps)
{
    /// <summary>The parameter that deviates most.</summary>
    public ReplayDeviation Worst => Parameters.MaxBy(row => row.Deviation)!;
}
