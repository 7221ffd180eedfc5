#:project ../src/MuonSharp.Nn/MuonSharp.Nn.csproj
#:project ../src/MuonSharp.Optimizers/MuonSharp.Optimizers.csproj
#:project ../src/MuonSharp.Numerics/MuonSharp.Numerics.csproj
#:property PublishAot=false

// An optimizer of your own, one struct and one record: Muon for the hidden matrices, Adagrad for the rest. dotnet run samples/10-your-own-optimizer.cs
using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

const int Batch = 64, Steps = 200;
ModelBuilder builder = new(seed: 1);
Linear up = new(builder, "up", 8, 32), middle = new(builder, "middle", 32, 32), down = new(builder, "down", 32, 1, role: ParameterRole.Head);
using Model model = builder.Build();
using Tape tape = model.NewTape(training: true);
Tensor x = tape.Input("x", Batch, 8);
Tensor target = tape.Input("target", Batch, 1);
Tensor hidden = middle.Record(tape, up.Record(tape, x, Activation.Silu), Activation.Silu);
Loss loss = tape.MeanSquaredError(down.Record(tape, hidden), target);
tape.Compile();

// Matrices go to Muon, everything else to the record below; the plan says so, parameter by parameter.
IReadOnlyList<Route> routes = Route.Split(new MuonOptions(), new AdagradOptions { LearningRate = 0.05 });
using RoutedOptimizer optimizer = new(model.Parameters, routes, new StepOptions { TotalSteps = Steps }, model.Team, Console.Out);
RandomStream random = new(seed: 1, "points");
for (int step = 1; step <= Steps; step++)
{
    random.FillNormal(x.Value, (ulong)step, 0);
    for (int row = 0; row < Batch; row++) target.Value[row] = MathF.Tanh(x.Value[8 * row] * x.Value[(8 * row) + 1]) + x.Value[(8 * row) + 2];
    model.Parameters.ZeroGradients();
    tape.Forward();
    tape.Backward();
    optimizer.Step();
    if (step == 1 || step % 50 == 0) Console.WriteLine($"step {step,3}: mean squared error {loss.Mean:F4}");
}

/// <summary>v &lt;- v + g², p &lt;- p - lr g / (sqrt(v) + epsilon). Source: J. Duchi et al., "Adaptive subgradient methods", JMLR 2011.</summary>
internal sealed record AdagradOptions() : ElementwiseOptions<AdagradRule, AdagradOptions>(learningRate: 0.01)
{
    public override string OptimizerName => "adagrad";

    public float Epsilon { get; init; } = 1e-10f;
}

/// <summary>The update of sixteen elements; state, schedules, decay, checkpoints and reports come with the base.</summary>
internal readonly struct AdagradRule(float rate, float decay, float epsilon) : IElementRule<AdagradRule, AdagradOptions>
{
    public static int States => 1;

    public static string StateName(int state) => "sum_of_squares";

    public static AdagradRule Create(AdagradOptions options, in StepValues values, long count) =>
        new((float)values.LearningRate, (float)(values.LearningRate * values.WeightDecay), options.Epsilon);

    public V Change<L, V>(V gradient, V weight, ref V first, ref V second)
        where L : struct, ILanes<V>
        where V : struct
    {
        first = L.MultiplyAdd(gradient, gradient, first);
        V direction = L.Divide(gradient, L.Add(L.Sqrt(first), L.Broadcast(epsilon)));
        return L.MultiplyAdd(L.Broadcast(rate), direction, L.Multiply(L.Broadcast(decay), weight));
    }
}
