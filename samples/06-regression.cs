#:project ../src/MuonSharp.Nn/MuonSharp.Nn.csproj
#:project ../src/MuonSharp.Optimizers/MuonSharp.Optimizers.csproj
#:property PublishAot=false

// A network of your own on arrays of your own, with a loop of your own: dotnet run samples/06-regression.cs
using MuonSharp.Nn;
using MuonSharp.Optimizers;

const int Batch = 128, Steps = 400;
ModelBuilder builder = new(seed: 1);
Linear up = new(builder, "up", inputs: 2, outputs: 64);
Linear down = new(builder, "down", inputs: 64, outputs: 1, role: ParameterRole.Head);
using Model model = builder.Build();

using Tape tape = model.NewTape(training: true);
Tensor x = tape.Input("x", Batch, 2);
Tensor target = tape.Input("target", Batch, 1);
Loss loss = tape.MeanSquaredError(down.Record(tape, up.Record(tape, x, Activation.Tanh)), target);
tape.Compile();

using RoutedOptimizer optimizer = new(model.Parameters, step: new StepOptions { TotalSteps = Steps }, team: model.Team);
for (int step = 1; step <= Steps; step++)
{
    Draw(step, x.Value, target.Value);
    model.Parameters.ZeroGradients();
    tape.Forward();
    tape.Backward();
    optimizer.Step();
    if (step == 1 || step % 100 == 0) Console.WriteLine($"step {step,3}: mean squared error {loss.Mean:F5}");
}

// y = sin(3a) b for a and b in [-1, 1]: points of a lattice, other ones in every step.
static void Draw(int step, Span<float> inputs, Span<float> targets)
{
    for (int i = 0; i < targets.Length; i++)
    {
        double place = (step * targets.Length) + i;
        float a = (float)((2 * (place * 0.7548776662 % 1)) - 1), b = (float)((2 * (place * 0.5698402910 % 1)) - 1);
        (inputs[2 * i], inputs[(2 * i) + 1], targets[i]) = (a, b, MathF.Sin(3 * a) * b);
    }
}
