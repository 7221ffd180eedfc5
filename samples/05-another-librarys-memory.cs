#:project ../src/MuonSharp.Optimizers/MuonSharp.Optimizers.csproj
#:project ../src/MuonSharp.Numerics/MuonSharp.Numerics.csproj
#:package MathNet.Numerics
#:property PublishAot=false

// Muon steps matrices that MathNet.Numerics owns and computes with: a two-layer network learns y = sin(a x). dotnet run samples/05-another-librarys-memory.cs
using MathNet.Numerics.LinearAlgebra.Single;
using MuonSharp.Optimizers;

const int Inputs = 4, Hidden = 32, Samples = 128, Steps = 300;
DenseMatrix x = DenseMatrix.Create(Inputs, Samples, (i, j) => MathF.Cos((7 * i) + (3.7f * j)));
DenseMatrix y = DenseMatrix.Create(1, Samples, (_, j) => MathF.Sin(2 * x.Column(j).Sum()));
DenseMatrix w1 = DenseMatrix.Create(Hidden, Inputs, (i, j) => MathF.Sin((5 * i) + (11 * j))), g1 = new(Hidden, Inputs);
DenseMatrix w2 = DenseMatrix.Create(1, Hidden, (_, j) => 0.2f * MathF.Cos(3 * j)), g2 = new(1, Hidden);

// MathNet stores columns one after the other: [out, in] there is [in, out] row by row here.
Parameter Of(string name, DenseMatrix w, DenseMatrix g) => new(
    name, [w.ColumnCount, w.RowCount], ParameterRole.Matrix, MemoryBlock.Of(w.Values), MemoryBlock.Of(g.Values), MatrixLayout.InOut);
using Muon muon = new([Of("w1", w1, g1), Of("w2", w2, g2)], new MuonOptions { LearningRate = new LinearSchedule(0.05) }, new StepOptions { TotalSteps = Steps });
for (int step = 1; step <= Steps; step++)
{
    MathNet.Numerics.LinearAlgebra.Matrix<float> hidden = (w1 * x).PointwiseTanh();
    MathNet.Numerics.LinearAlgebra.Matrix<float> error = (w2 * hidden) - y;
    (error * hidden.Transpose()).Divide(Samples, g2);
    (w2.Transpose() * error).PointwiseMultiply(1 - hidden.PointwisePower(2)).TransposeAndMultiply(x).Divide(Samples, g1);
    StepReport report = muon.Step();
    if (step % 50 == 0 || step == 1) Console.WriteLine($"step {step}: loss {error.PointwisePower(2).RowSums().Sum() / Samples:F4}, {report.MatricesOrthogonalized} matrices");
}
