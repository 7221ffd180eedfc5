using System.Runtime.InteropServices;

namespace MuonSharp.Optimizers.Tests;

/// <summary>Gradients of any magnitude that float32 can hold: either the gate says no and nothing changes, or weights and state stay finite.</summary>
public class MagnitudeTests
{
    /// <summary>Enough for every preconditioner to compute its bases and roots.</summary>
    private const int Steps = 12;

    private static readonly float[] s_magnitudes =
        [float.Epsilon, 1e-40f, 1.2e-38f, 1e-30f, 1e-22f, 1e-19f, 1e-10f, 1, 1e10f, 1e15f, 1e17f, 1e18f, 1e19f, 2e19f, 1e25f, 1e30f, 1e37f, 1e38f, 3e38f, float.MaxValue];

    /// <summary>Every optimizer's first preset for every run of the tests, all for a run of everything.</summary>
    public static TheoryData<string, string> Presets =>
    [
        .. from descriptor in OptimizerDescriptors.All
           from preset in descriptor.Presets
           select new TheoryDataRow<string, string>(descriptor.Name, preset.Name) { Explicit = preset != descriptor.Presets[0] },
    ];

    [Theory]
    [MemberData(nameof(Presets))]
    public void Weights_and_state_stay_finite_whatever_finite_gradients_come(string optimizer, string preset)
    {
        OptimizerPreset options = OptimizerDescriptors.Find(optimizer)!.Preset(preset)!;
        foreach (double? clip in new double?[] { null, 1 })
        {
            foreach (float magnitude in s_magnitudes)
            {
                Run(options, clip, (_, _) => magnitude);
                Run(options, clip, (step, _) => step % 2 == 0 ? magnitude : 1e-3f);
                Run(options, clip, (step, i) => (step + i) % 7 == 0 ? magnitude : 1e-3f);
                Run(options, clip, (step, i) => (step + i) % 7 == 0 ? magnitude : 1e-38f);
            }
        }
    }

    [Fact]
    public void A_norm_that_squares_cannot_hold_is_skipped_unless_the_clip_brings_it_down()
    {
        foreach ((double? clip, float value, bool skipped) in new (double?, float, bool)[] { (null, 1e18f, false), (null, 1e20f, true), (1, 1e20f, false), (1, 1e37f, false), (1, 3e38f, true) })
        {
            using TestModel model = TestModel.Language();
            using var optimizer = new RoutedOptimizer(model.Store, step: new StepOptions { MaximumGradientNorm = clip });
            model.FillGradients(1);
            model["h.0.up.weight"].Gradient.Span[7] = value;
            float[] start = model.AllWeights();
            StepReport report = optimizer.Step();
            Assert.Equal((skipped, skipped ? "h.0.up.weight" : null, skipped ? 1L : 0), (report.Skipped, report.NonFiniteParameter, report.SkippedSteps));
            Assert.Equal(value, report.GradientNorm, value * 1e-6);
            Assert.Equal(skipped, start.AsSpan().SequenceEqual(model.AllWeights()));
            Assert.Equal(skipped || clip is null ? 1 : clip.Value / report.GradientNorm, report.ClipFactor);
        }
    }

    private static void Run(OptimizerPreset options, double? clip, Func<int, int, float> magnitude)
    {
        using var model = new TestModel(
            ("square", [8, 8], ParameterRole.Matrix, null), ("tall", [33, 6], ParameterRole.Matrix, null), ("wide", [3, 20], ParameterRole.Matrix, MatrixLayout.InOut), ("gain", [9], ParameterRole.Gain, null));
        using var optimizer = new RoutedOptimizer(model.Store, Route.Split(options.Matrices, options.Auxiliary), new StepOptions { MaximumGradientNorm = clip });
        for (int step = 1; step <= Steps; step++)
        {
            model.FillGradients(step, 1);
            foreach (Parameter parameter in model.Parameters)
            {
                for (int i = 0; i < parameter.Length; i++)
                {
                    float direction = Math.Clamp(parameter.Gradient.Span[i], -1, 1);
                    parameter.Gradient.Span[i] = direction * magnitude(step, i);
                }
            }

            float[] before = model.AllWeights();
            StepReport report = optimizer.Step();
            Assert.True(!report.Skipped || report.GradientNorm > (clip is null ? 1e19 : 1e37), $"skipped at {report.GradientNorm}");
            Assert.True(!report.Skipped || before.AsSpan().SequenceEqual(model.AllWeights()));
            Assert.All(model.Parameters, parameter => Assert.True(Array.TrueForAll(parameter.Weights.Span.ToArray(), float.IsFinite), $"{parameter} at step {step}, norm {report.GradientNorm}"));
            Assert.All(optimizer.StateTensors, tensor => Assert.True(
                tensor.Shape is [_, _, 2] ? Array.TrueForAll(MemoryMarshal.Cast<float, double>(tensor.Memory.Span).ToArray(), double.IsFinite) : Array.TrueForAll(tensor.Memory.Span.ToArray(), float.IsFinite),
                $"{tensor.Name} at step {step}, norm {report.GradientNorm}"));
            Assert.True(double.IsFinite(report.UpdateRms));
        }
    }
}
