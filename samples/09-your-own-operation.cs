#:project ../src/MuonSharp.Nn/MuonSharp.Nn.csproj
#:project ../src/MuonSharp.Numerics/MuonSharp.Numerics.csproj
#:property PublishAot=false

// An operation of your own with its backward, and the check that both belong together: dotnet run samples/09-your-own-operation.cs
using MuonSharp.Nn;
using MuonSharp.Numerics;

ModelBuilder builder = new(seed: 1);
Linear layer = new(builder, "layer", 3, 4);
using Model model = builder.Build();

// Checks fills memory with NaN outside its life and names an operation that touches what it did not declare.
using Tape tape = new(model.Team, training: true) { Checks = true };
Tensor x = tape.Input("x", rows: 5, columns: 3, gradient: true);
Tensor weight = tape.Parameter(layer.Weight);
Tensor y = tape.Record(new CumulativeSum(layer.Record(tape, x))).Output;
tape.Output(y);
tape.Seed(y);
tape.Compile();
new RandomStream(seed: 1, "x").FillNormal(x.Value, step: 0, sample: 0);

GradientReport report = GradientCheck.Run(tape, y, [x, weight]);
Console.WriteLine(report);
report.ThrowIfFailed();

/// <summary>y[r, c] = x[r, 0] + ... + x[r, c]; dx[r, c] = dy[r, c] + ... + dy[r, last].</summary>
internal sealed class CumulativeSum(Tensor x) : Operation("cumulative-sum")
{
    private readonly float[] _contribution = new float[x.Length];
    private GradientSlot? _gradient;

    public Tensor Output { get; private set; } = null!;

    protected override void Declare(OperationPlan plan)
    {
        plan.Reads(x);
        Output = plan.Writes(x.Rows, x.Columns);
        _gradient = plan.Gradient(x);
    }

    protected override void Forward(in TapeRun run)
    {
        Span<float> from = run.Value(x), to = run.Value(Output);
        for (int i = 0; i < from.Length; i++) to[i] = from[i] + (i % x.Columns == 0 ? 0 : to[i - 1]);
    }

    protected override void Backward(in TapeRun run)
    {
        Span<float> dy = run.Gradient(Output);
        for (int i = dy.Length - 1; i >= 0; i--) _contribution[i] = dy[i] + (i % x.Columns == x.Columns - 1 ? 0 : _contribution[i + 1]);
        _gradient?.Add(_contribution);
    }
}
