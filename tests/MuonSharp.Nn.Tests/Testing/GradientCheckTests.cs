using MuonSharp.Numerics;

namespace MuonSharp.Nn.Tests.Testing;

/// <summary>The check finds a wrong gradient, and passes right ones: of an activation input, a parameter-like input and a loss.</summary>
public sealed class GradientCheckTests : IDisposable
{
    private readonly WorkerTeam _team = new(1);

    public void Dispose() => _team.Dispose();

    [Theory]
    [InlineData(1f, true)]
    [InlineData(1.02f, false)]
    [InlineData(-1f, false)]
    public void A_factor_in_the_gradient_is_found(float factor, bool passes)
    {
        using var tape = new Tape(_team, training: true) { Checks = true };
        Tensor x = tape.Input("x", 3, 7, gradient: true);
        Tensor y = tape.Record(new Cube(x, factor)).Output;
        tape.Output(y);
        tape.Seed(y);
        tape.Compile();
        new RandomStream(3, "x").FillNormal(x.Value, 0, 0);
        float[] before = x.Value.ToArray();

        GradientReport report = GradientCheck.Run(tape, y, [x]);

        Assert.Equal(passes, report.Passed);
        Assert.Equal(16, report.Comparisons.Count);
        Assert.Equal(before, x.Value.ToArray());
        Assert.Equal(passes, Record.Exception(report.ThrowIfFailed) is null);

        // d(w x³)/dx / 3x² is w: the same for the difference and, without the factor, the gradient.
        Assert.All(report.Comparisons, comparison => Assert.Equal(comparison.Difference * factor, comparison.Gradient, 0.01 * comparison.Typical));
    }

    [Fact]
    public void A_network_s_linear_layers_and_norms_pass()
    {
        using var tape = new Tape(_team, training: true);
        Tensor x = tape.Input("x", 6, 5, gradient: true);
        Tensor weight = tape.Input("weight", 4, 5, gradient: true);
        Tensor gain = tape.Input("gain", 1, 4, gradient: true);
        Tensor y = tape.RmsNorm(tape.Linear(x, weight), gain);
        tape.Output(y);
        tape.Seed(y);
        tape.Compile();
        new RandomStream(1, "x").FillNormal(x.Value, 0, 0);
        new RandomStream(1, "weight").FillNormal(weight.Value, 0, 0);
        gain.Value.Fill(0.5f);

        GradientCheck.Run(tape, y, [x, weight, gain]).ThrowIfFailed();
        Assert.Throws<ArgumentException>(() => GradientCheck.Run(tape, x, [x]));
        Assert.Throws<ArgumentException>(() => GradientCheck.Run(tape, y, [y]));
        Assert.Throws<ArgumentException>(() => GradientCheck.Run(tape, y, []));
    }

    private sealed class Cube(Tensor x, float factor) : Operation("cube")
    {
        private readonly float[] _contribution = new float[x.Length];
        private GradientSlot? _gradient;

        public Tensor Output { get; private set; } = null!;

        protected internal override void Declare(OperationPlan plan)
        {
            plan.Reads(x, inBackward: true);
            Output = plan.Writes(x.Rows, x.Columns);
            _gradient = plan.Gradient(x);
        }

        protected internal override void Forward(in TapeRun run)
        {
            Span<float> from = run.Value(x), to = run.Value(Output);
            for (int i = 0; i < from.Length; i++) to[i] = from[i] * from[i] * from[i];
        }

        protected internal override void Backward(in TapeRun run)
        {
            Span<float> from = run.Value(x), dy = run.Gradient(Output);
            for (int i = 0; i < from.Length; i++) _contribution[i] = factor * 3 * from[i] * from[i] * dy[i];
            _gradient?.Add(_contribution);
        }
    }
}
