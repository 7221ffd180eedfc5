using MuonSharp.Numerics;

namespace MuonSharp.Optimizers.Tests;

public class ClippingTests
{
    [Fact]
    public void The_norm_is_that_of_all_gradients_together()
    {
        using TestModel model = TestModel.Language();
        using var optimizer = new RoutedOptimizer(model.Store);
        model.FillGradients(1);
        double squares = model.Parameters.SelectMany(p => p.Gradient.Span.ToArray()).Sum(g => (double)g * g);
        StepReport report = optimizer.Step();
        Assert.Equal(Math.Sqrt(squares), report.GradientNorm, 1e-6 * Math.Sqrt(squares));
        Assert.Equal(1, report.ClipFactor);
    }

    [Fact]
    public void Clipping_equals_gradients_that_were_scaled_before()
    {
        using TestModel clipped = TestModel.Language();
        using TestModel scaled = TestModel.Language();
        using var one = new RoutedOptimizer(clipped.Store, Route.AdamW(), new StepOptions { MaximumGradientNorm = 0.01 });
        using var other = new RoutedOptimizer(scaled.Store, Route.AdamW());
        for (int step = 1; step <= 3; step++)
        {
            clipped.FillGradients(step);
            scaled.FillGradients(step);
            StepReport report = one.Step();
            Assert.Equal(0.01 / report.GradientNorm, report.ClipFactor, 1e-12);
            foreach (Parameter parameter in scaled.Parameters)
            {
                foreach (ref float g in parameter.Gradient.Span)
                {
                    g *= (float)report.ClipFactor;
                }
            }

            other.Step();
        }

        Compare.SameBits(scaled.AllWeights(), clipped.AllWeights());
    }

    [Fact]
    public void Clipping_changes_the_momentum_but_not_the_size_of_an_orthogonalized_update()
    {
        using TestModel model = TestModel.Matrices((16, 16));
        using var muon = new Muon(model.Parameters, new MuonOptions(), new StepOptions { MaximumGradientNorm = 1e-3 });
        model.FillGradients(1);
        StepReport report = muon.Step();
        Assert.True(report.ClipFactor < 0.1);
        float[] momentum = muon.StateTensors[0].Memory.Span.ToArray();
        for (int i = 0; i < momentum.Length; i++)
        {
            float expected = model.Parameters[0].Gradient.Span[i] * (float)report.ClipFactor * 0.05f;
            Assert.Equal(expected, momentum[i], Math.Abs(expected) * 1e-5f);
        }

        // An orthogonal 16 x 16 matrix has elements of root mean square 1/4; times the learning rate 0.02.
        Assert.InRange(report.UpdateRms, 0.02 / 4 * 0.65, 0.02 / 4 * 1.25);
    }

    [Fact]
    public void A_norm_below_the_bound_leaves_gradients_alone()
    {
        using TestModel model = TestModel.Language();
        using TestModel free = TestModel.Language();
        using var one = new RoutedOptimizer(model.Store, step: new StepOptions { MaximumGradientNorm = 1e6 });
        using var other = new RoutedOptimizer(free.Store);
        model.FillGradients(1);
        free.FillGradients(1);
        Assert.Equal(1, one.Step().ClipFactor);
        other.Step();
        Compare.SameBits(free.AllWeights(), model.AllWeights());
    }
}
