using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Rotary position embedding in the half-split convention of Hugging Face's llama.</summary>
/// <remarks>
/// <para>For a head (u, v) of two halves at position p: (u cos a - v sin a, v cos a + u sin a), a[i] = p · base^(-2i/headWidth). Backward is
/// the rotation by -a, so both runs are in place where the memory is free.</para>
/// <para>x [batch·time, heads·headWidth]. Tables of cosines and sines [time, headWidth/2] are computed in double precision once.</para>
/// <para>Source: J. Su et al., "RoFormer", arXiv:2104.09864; the half-split order is that of the checkpoints.</para>
/// </remarks>
internal sealed unsafe class RotaryOperation(Tensor x, int time, int headWidth, double frequencyBase) : Operation("rotary")
{
    private StepBuffer _cosines = null!;
    private StepBuffer _sines = null!;
    private GradientSlot? _gradient;

    public Tensor Output { get; private set; } = null!;

    protected internal override void Declare(OperationPlan plan)
    {
        plan.Reads(x);
        Output = plan.Writes(x.Rows, x.Columns, replaces: x);
        _gradient = plan.Gradient(x, passedFrom: Output);
        _cosines = plan.Keeps("cosines", (long)time * (headWidth / 2));
        _sines = plan.Keeps("sines", (long)time * (headWidth / 2));
    }

    protected internal override void Prepare()
    {
        var half = headWidth / 2;
        for (var i = 0; i < half; i++)
        {
            var turns = PortablePower.Of(frequencyBase, -2.0 * i / headWidth) / (2 * Math.PI);
            for (var position = 0; position < time; position++)
            {
                var (sine, cosine) = PortableMath.SinCosTurns(position * turns);
                _cosines.Pointer[(position * half) + i] = (float)cosine;
                _sines.Pointer[(position * half) + i] = (float)sine;
            }
        }
    }

    protected internal override void Forward(in TapeRun run) => Turn(run, x.Data, Output.Data, back: false, add: false);

    protected internal override void Backward(in TapeRun run)
    {
        if (_gradient is not null)
        {
            Turn(run, Output.GradientData, _gradient.Data, back: true, _gradient.Accumulates);
        }
    }

    private void Turn(in TapeRun run, float* source, float* destination, bool back, bool add)
    {
        var job = new RotaryJob
        {
            Source = source,
            Destination = destination,
            Cosines = _cosines.Pointer,
            Sines = _sines.Pointer,
            Rows = x.Rows,
            Columns = x.Columns,
            Time = time,
            Half = headWidth / 2,
            Sign = back ? -1 : 1,
            Add = add,
        };
        run.Team.Run(Cut.Pieces(x.Rows, Cut.RowsPerTask(x.Columns)), ref job);
    }
}
