using MuonSharp.Optimizers;

namespace MuonSharp.Training.Tests.Spectra;

/// <summary>What is measured, against singular values of another algorithm.</summary>
public class SpectrumMeterTests
{
    private const int Every = 2;
    private static readonly TrainerSettings s_settings = new() { SpectraEvery = Every, Spectra = "fused, tall.weight" };

    [Fact]
    public void The_values_are_those_of_gradient_momentum_direction_result_and_weights()
    {
        using ParameterStore store = Store();
        using SpectrumMeter meter = Meter(store, s_settings, threads: 2);
        Watch watch = new(meter);
        using Numerics.WorkerTeam team = new(2);
        using RoutedOptimizer optimizer = new(store, Route.Muon(), new StepOptions { Observer = watch }, team);
        meter.Attach(optimizer);
        for (int step = 1; step <= 4; step++)
        {
            Fill(store, step);
            optimizer.Step();
            IReadOnlyList<SpectrumLine> lines = meter.Measure(step, team, ranks: null);
            if (step % Every != 0)
            {
                Assert.Empty(lines);
                continue;
            }

            Assert.Equal([("fused/query", 8, 12), ("fused/key", 6, 12), ("tall.weight", 20, 7)], lines.Select(line => (line.Matrix, line.Rows, line.Columns)));
            foreach (SpectrumLine line in lines)
            {
                Assert.Equal(step, line.Step);
                Assert.Equal(Enum.GetValues<SpectrumKind>(), line.Spectra.Select(spectrum => spectrum.Kind));
                Parameter parameter = store.Parameters.Single(each => each.Name == line.Matrix.Split('/')[0]);
                int index = line.Matrix == "fused/key" ? 1 : 0;
                StateTensor momentum = optimizer.StateTensors.Single(tensor => tensor.Name == $"muon.momentum/{parameter.Name}");
                foreach (Spectrum spectrum in line.Spectra)
                {
                    float[] matrix = spectrum.Kind switch
                    {
                        SpectrumKind.Gradient => Part(parameter, index, parameter.Gradient),
                        SpectrumKind.Momentum => Part(parameter, index, momentum.Memory),
                        SpectrumKind.Direction => watch.Directions[(parameter.Name, index)],
                        SpectrumKind.Result => watch.Results[(parameter.Name, index)],
                        _ => Part(parameter, index, parameter.Weights),
                    };
                    double[] expected = Jacobi.SingularValues(matrix, line.Rows, line.Columns);
                    Assert.Equal(expected.Length, spectrum.Values.Count);
                    Assert.All(expected.Zip(spectrum.Values), pair => Assert.Equal(pair.First, pair.Second, 5e-5 * expected[0]));
                    double frobenius = Math.Sqrt(matrix.Sum(value => (double)value * value));
                    Assert.Equal(frobenius, spectrum.Frobenius, 1e-4 * frobenius);
                    Assert.Equal(expected[0] / expected[^1], spectrum.Condition, 1e-3 * spectrum.Condition);
                    Assert.Equal(frobenius * frobenius / (expected[0] * expected[0]), spectrum.StableRank, 1e-3 * spectrum.StableRank);
                }
            }
        }
    }

    [Fact]
    public void Of_matrices_that_are_not_orthogonalized_there_are_gradient_and_weights()
    {
        using ParameterStore store = Store();
        using Numerics.WorkerTeam team = new(1);
        using SpectrumMeter meter = Meter(store, s_settings with { Spectra = null }, threads: 1);
        using RoutedOptimizer optimizer = new(store, Route.Split(new AdamWOptions(), new AdamWOptions()), new StepOptions { Observer = meter }, team);
        meter.Attach(optimizer);
        Fill(store, 1);
        optimizer.Step();
        Assert.All(meter.Measure(Every, team, ranks: null), line => Assert.Equal([SpectrumKind.Gradient, SpectrumKind.Weights], line.Spectra.Select(spectrum => spectrum.Kind)));
    }

    [Fact]
    public void A_missing_gradient_has_no_spectrum_and_a_weight_that_is_not_finite_none_that_are_numbers()
    {
        using ParameterStore store = Store();
        using Numerics.WorkerTeam team = new(1);
        using SpectrumMeter meter = Meter(store, s_settings with { Spectra = "tall.weight" }, threads: 1);
        using RoutedOptimizer optimizer = new(store, Route.Muon(), new StepOptions { Observer = meter }, team);
        meter.Attach(optimizer);
        Parameter tall = store.Parameters.Single(parameter => parameter.Name == "tall.weight");
        tall.Weights.Span[3] = float.NaN;
        tall.HasGradient = false;
        SpectrumLine line = Assert.Single(meter.Measure(Every, team, ranks: null));
        Assert.Equal(SpectrumKind.Weights, Assert.Single(line.Spectra).Kind);
        Assert.All(line.Spectra[0].Values.Append(line.Spectra[0].Frobenius), value => Assert.True(double.IsNaN(value)));
        Assert.Contains("\"weights\":{\"frobenius\":null,\"values\":[null,", line.ToJson(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "fused/query", "fused/key", "tall.weight", "wide.weight")]
    [InlineData("*.weight", "tall.weight", "wide.weight", "embedding.weight")]
    [InlineData("fused/key,wide*", "fused/key", "wide.weight")]
    public void Matrices_are_chosen_by_name(string? names, params string[] expected)
    {
        using ParameterStore store = Store();
        Assert.Equal(expected, WatchedMatrix.Choose(store.Parameters, names).Select(matrix => matrix.Name));
    }

    [Fact]
    public void Names_of_no_matrix_are_refused_together()
    {
        using ParameterStore store = Store();
        ConfigurationException error = Assert.Throws<ConfigurationException>(() => WatchedMatrix.Choose(store.Parameters, "tall.wieght, fused, bias"));
        Assert.Equal(
            [
                "[config] log.spectra must name matrices of the model; 'tall.wieght' is none; did you mean 'tall.weight'?",
                "[config] log.spectra must name matrices of the model; 'bias' is none",
            ],
            error.Problems);
    }

    [Fact]
    public void Of_many_values_those_that_are_kept_are_evenly_spread_with_both_ends()
    {
        double[] all = [.. Enumerable.Range(0, 1001).Select(i => 1001.0 - i)];
        Spectrum spectrum = Spectrum.Of(SpectrumKind.Weights, all);
        Assert.Equal((Spectrum.MostValues, 1001, 1), (spectrum.Values.Count, spectrum.Greatest, spectrum.Values[^1]));
        Assert.All(spectrum.Values.Zip(spectrum.Values.Skip(1)), pair => Assert.InRange(pair.First - pair.Second, 7, 8));
        Assert.Equal(Math.Sqrt(all.Sum(value => value * value)), spectrum.Frobenius, 0.5);
    }

    private static SpectrumMeter Meter(ParameterStore store, TrainerSettings settings, int threads) =>
        new(SpectrumPlan.Of(RoutingPlan.Make(store.Parameters, Route.Muon()), settings, microBatchFlops: null, threads)!);

    private static ParameterStore Store()
    {
        ParameterStoreBuilder builder = new();
        builder.Add("fused", [14, 12], ParameterRole.Matrix, MatrixLayout.OutIn.Split(new("query", 8), new("key", 6)));
        builder.Add("tall.weight", [20, 7], ParameterRole.Matrix);
        builder.Add("wide.weight", [5, 9], ParameterRole.Matrix);
        builder.Add("embedding.weight", [11, 4], ParameterRole.Embedding);
        builder.Add("bias", [4], ParameterRole.Bias);
        ParameterStore store = builder.Build(gradients: true);
        foreach (Parameter parameter in store.Parameters)
        {
            new Numerics.RandomStream(3, parameter.Name).FillNormal(parameter.Weights.Span, 0, 0);
        }

        return store;
    }

    private static void Fill(ParameterStore store, int step)
    {
        foreach (Parameter parameter in store.Parameters)
        {
            new Numerics.RandomStream(5, $"gradient {parameter.Name}").FillNormal(parameter.Gradient.Span, (ulong)step, 0);
            parameter.HasGradient = true;
        }
    }

    /// <summary>A matrix of a tensor, copied element by element.</summary>
    private static float[] Part(Parameter parameter, int index, MemoryBlock tensor)
    {
        MatrixSlice slice = parameter.Matrices[index];
        return [.. Enumerable.Range(0, slice.Rows).SelectMany(i => Enumerable.Range(0, slice.Columns).Select(j => tensor.Span[slice.Offset + (i * slice.RowStride) + j]))];
    }

    /// <summary>Keeps what the meter is shown.</summary>
    private sealed class Watch(SpectrumMeter meter) : IStepObserver
    {
        public Dictionary<(string, int), float[]> Directions { get; } = [];

        public Dictionary<(string, int), float[]> Results { get; } = [];

        public bool Observes(Parameter parameter, long step) => meter.Observes(parameter, step);

        public void Direction(in ObservedMatrix matrix, ReadOnlySpan<float> values)
        {
            lock (Directions)
            {
                Directions[(matrix.Parameter.Name, matrix.Index)] = values.ToArray();
            }

            meter.Direction(matrix, values);
        }

        public void Result(in ObservedMatrix matrix, ReadOnlySpan<float> values)
        {
            lock (Directions)
            {
                Results[(matrix.Parameter.Name, matrix.Index)] = values.ToArray();
            }

            meter.Result(matrix, values);
        }
    }
}
