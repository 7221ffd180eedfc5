#:project ../src/MuonSharp.Optimizers/MuonSharp.Optimizers.csproj
#:project ../src/MuonSharp.Numerics/MuonSharp.Numerics.csproj
#:property PublishAot=false

// Muon over memory of your own: no tape, no trainer. Fits a matrix W so that W x = T x for random x: dotnet run samples/04-your-own-memory.cs
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

const int Rows = 8, Columns = 12, Steps = 200;
float[] weights = GC.AllocateArray<float>(Rows * Columns, pinned: true);
float[] gradient = GC.AllocateArray<float>(Rows * Columns, pinned: true);
float[] target = new float[Rows * Columns], x = new float[Columns];
RandomStream random = new(seed: 1, "sample");
random.FillNormal(target, step: 0, sample: 0);

Parameter matrix = new("w", [Rows, Columns], ParameterRole.Matrix, MemoryBlock.Of(weights), MemoryBlock.Of(gradient), MatrixLayout.OutIn);
using Muon muon = new([matrix], new MuonOptions { LearningRate = new LinearSchedule(0.1) }, new StepOptions { TotalSteps = Steps });
for (int step = 1; step <= Steps; step++)
{
    Array.Clear(gradient);
    double loss = 0;
    for (uint sample = 0; sample < 32; sample++)
    {
        random.FillNormal(x, (ulong)step, sample);
        for (int row = 0; row < Rows; row++)
        {
            float error = 0;
            for (int column = 0; column < Columns; column++) error += (weights[(row * Columns) + column] - target[(row * Columns) + column]) * x[column];
            for (int column = 0; column < Columns; column++) gradient[(row * Columns) + column] += error * x[column] / 32;
            loss += error * error / 32;
        }
    }

    StepReport report = muon.Step();
    if (step % 50 == 0) Console.WriteLine($"step {step}: loss {loss:F4}, {report.MatricesOrthogonalized} matrix orthogonalized");
}
