#:project ../src/MuonSharp.Nn/MuonSharp.Nn.csproj
#:project ../src/MuonSharp.Optimizers/MuonSharp.Optimizers.csproj
#:project ../src/MuonSharp.Numerics/MuonSharp.Numerics.csproj
#:property PublishAot=false

// A layer of your own, made of others: a deep residual network learns to sort five numbers. dotnet run samples/08-your-own-layer.cs
using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

const int Batch = 256, Numbers = 5, Width = 64, Steps = 300;
ModelBuilder builder = new(seed: 1);
Linear first = new(builder, "first", Numbers, Width);
ResidualBlock[] blocks = [.. Enumerable.Range(0, 4).Select(i => new ResidualBlock(builder, $"blocks.{i}", Width))];
Linear last = new(builder, "last", Width, Numbers, role: ParameterRole.Head);
using Model model = builder.Build();

using Tape tape = model.NewTape(training: true);
Tensor numbers = tape.Input("numbers", Batch, Numbers);
Tensor sorted = tape.Input("sorted", Batch, Numbers);
Tensor x = first.Record(tape, numbers);
foreach (ResidualBlock block in blocks) x = block.Record(tape, x);
Loss loss = tape.MeanAbsoluteError(last.Record(tape, x), sorted);
tape.Compile();

using RoutedOptimizer optimizer = new(model.Parameters, step: new StepOptions { TotalSteps = Steps }, team: model.Team);
Console.WriteLine(string.Join(Environment.NewLine, model.Parameters.Parameters.Select(parameter => parameter.ToString()).Take(6)) + Environment.NewLine + "...");
RandomStream random = new(seed: 1, "numbers");
for (int step = 1; step <= Steps; step++)
{
    random.FillUniform(numbers.Value, (ulong)step, 0);
    numbers.Value.CopyTo(sorted.Value);
    for (int row = 0; row < Batch; row++) sorted.Value.Slice(row * Numbers, Numbers).Sort();
    model.Parameters.ZeroGradients();
    tape.Forward();
    tape.Backward();
    optimizer.Step();
    if (step == 1 || step % 100 == 0) Console.WriteLine($"step {step,3}: mean absolute error {loss.Mean:F4}");
}

/// <summary>x + down(gelu(up(norm(x)))): declares its layers in a scope of its own, which gives the parameters their names.</summary>
internal sealed class ResidualBlock : ILayer
{
    private readonly RmsNorm _norm;
    private readonly Linear _up;
    private readonly Linear _down;

    public ResidualBlock(ModelBuilder builder, string name, int width)
    {
        ModelBuilder scope = builder.Scope(name);
        _norm = new RmsNorm(scope, "norm", width);
        _up = new Linear(scope, "up", width, 4 * width);
        _down = new Linear(scope, "down", 4 * width, width, initializer: Initializers.Zeros);
    }

    public Tensor Record(Tape tape, Tensor x) =>
        _down.Record(tape, _up.Record(tape, _norm.Record(tape, x), Activation.Gelu), residual: x);
}
