namespace MuonSharp.Nn.Tests.Tapes;

/// <summary>y = x², dx = 2 x dy, and how often each was computed.</summary>
internal sealed unsafe class CountingSquare(Tensor x) : Operation("square")
{
    private GradientSlot? _gradient;

    public Tensor Output { get; private set; } = null!;

    public int Forwards { get; private set; }

    public int Backwards { get; private set; }

    protected internal override void Declare(OperationPlan plan)
    {
        plan.Reads(x, inBackward: true);
        Output = plan.Writes(x.Rows, x.Columns);
        _gradient = plan.Gradient(x);
    }

    protected internal override void Forward(in TapeRun run)
    {
        Forwards++;
        for (int i = 0; i < x.Length; i++) Output.Data[i] = x.Data[i] * x.Data[i];
    }

    protected internal override void Backward(in TapeRun run)
    {
        Backwards++;
        for (int i = 0; i < x.Length; i++) _gradient!.Data[i] = 2 * x.Data[i] * Output.GradientData[i];
    }
}
