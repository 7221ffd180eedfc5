using MuonSharp.Nn;
using MuonSharp.Numerics;

namespace MuonSharp.Consumer;

/// <summary>An operation of one's own, without pointers, and the check of its gradient.</summary>
public class OwnOperationTests
{
    [Theory]
    [InlineData(1f, true)]
    [InlineData(1.01f, false)]
    public void A_gradient_check_passes_what_is_right_and_finds_what_is_a_hundredth_off(float factor, bool right)
    {
        using WorkerTeam team = new(2);
        using Tape tape = new(team, training: true) { Checks = true };
        Tensor x = tape.Input("x", 5, 3, gradient: true);
        Tensor y = tape.Record(new Cube(x, factor)).Output;
        tape.Output(y);
        tape.Seed(y);
        tape.Compile();
        new RandomStream(1, "x").FillNormal(x.Value, 0, 0);
        Assert.Equal(right, GradientCheck.Run(tape, y, [x]).Passed);
    }

    [Fact]
    public void It_adds_where_its_input_has_other_readers()
    {
        using WorkerTeam team = new(2);
        using Tape tape = new(team, training: true) { Checks = true };
        Tensor x = tape.Input("x", 2, 2, gradient: true);
        Tensor target = tape.Input("target", 2, 2);
        Loss loss = tape.MeanSquaredError(tape.Add(tape.Record(new Cube(x, 1)).Output, tape.Scale(x, 2)), target);
        tape.Compile();
        float[] values = [0.5f, -1, 2, 0];
        values.CopyTo(x.Value);
        tape.Forward();
        tape.Backward();

        // (x³ + 2x)² / 4: 2 (x³ + 2x) (3x² + 2) / 4.
        for (int i = 0; i < 4; i++) Assert.Equal(0.5 * ((values[i] * values[i] * values[i]) + (2 * values[i])) * ((3 * values[i] * values[i]) + 2), x.Gradient[i], 1e-4);
        Assert.True(loss.Mean > 0);
    }

    /// <summary>x³, with a factor in its derivative that ought to be 1.</summary>
    private sealed class Cube(Tensor x, float factor) : Operation("cube")
    {
        private readonly float[] _contribution = new float[x.Length];
        private GradientSlot? _gradient;

        public Tensor Output { get; private set; } = null!;

        protected override void Declare(OperationPlan plan)
        {
            plan.Reads(x, inBackward: true);
            Output = plan.Writes(x.Rows, x.Columns);
            _gradient = plan.Gradient(x);
        }

        protected override void Forward(in TapeRun run)
        {
            Span<float> from = run.Value(x), to = run.Value(Output);
            for (int i = 0; i < from.Length; i++) to[i] = from[i] * from[i] * from[i];
        }

        protected override void Backward(in TapeRun run)
        {
            Span<float> from = run.Value(x), dy = run.Gradient(Output);
            for (int i = 0; i < from.Length; i++) _contribution[i] = 3 * factor * from[i] * from[i] * dy[i];
            _gradient?.Add(_contribution);
        }
    }
}
