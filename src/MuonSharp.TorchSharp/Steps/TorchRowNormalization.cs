using MuonSharp.Optimizers;
using static TorchSharp.torch;

namespace MuonSharp.TorchSharp;

/// <summary><see cref="RowNormalization"/> in torch operations: each output divided by a running root mean square of its own, the matrix's norm kept.</summary>
internal static class TorchRowNormalization
{
    /// <summary>[batch, rows, columns] to the same.</summary>
    /// <param name="options">Decay and epsilon.</param>
    /// <param name="results">Orthogonal matrices.</param>
    /// <param name="meanSquares">The state of each: views, updated in place.</param>
    /// <param name="slice">One of the matrices: says which axis its outputs are.</param>
    public static Tensor Run(RowNormalization options, Tensor results, Tensor[] meanSquares, in MatrixSlice slice)
    {
        int inputs = slice.Orientation == MatrixOrientation.OutIn ? -1 : -2;
        Tensor x = results.to(meanSquares[0].dtype);
        Tensor before = Batch.Norm(x);
        Tensor now = x.square().mean([inputs]);
        for (int i = 0; i < meanSquares.Length; i++)
        {
            meanSquares[i].mul_(options.Beta2).add_(now[i], 1 - options.Beta2);
        }

        Tensor roots = stack(meanSquares).sqrt().add_(options.Epsilon).unsqueeze(inputs);
        x = x.div(roots);
        return x.mul(before.div(Batch.Norm(x).add_(options.Epsilon)));
    }
}
