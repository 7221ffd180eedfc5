using MuonSharp.Optimizers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MuonSharp.TorchSharp;

/// <summary>What the parameters of a module do, as far as its kind tells.</summary>
internal static class ModuleRoles
{
    private const int LstmGates = 4;
    private const int GruGates = 3;

    /// <summary>The role of a parameter.</summary>
    /// <param name="module">The module that holds it.</param>
    /// <param name="name">Its name in that module.</param>
    /// <param name="parameter">The parameter.</param>
    /// <param name="layout">How a matrix splits.</param>
    /// <param name="reason">Why.</param>
    public static ParameterRole Of(nn.Module module, string name, global::TorchSharp.Modules.Parameter parameter, out MatrixLayout? layout, out string reason)
    {
        layout = null;
        if (parameter.dim() < 2)
        {
            bool isGain = module is NormBase or LayerNorm or GroupNorm && name.EndsWith("weight", StringComparison.Ordinal);
            reason = isGain ? "vector of gains" : "vector";
            return isGain ? ParameterRole.Gain : ParameterRole.Bias;
        }

        switch (module)
        {
            case Embedding or EmbeddingBag:
                reason = "token table: rows are looked up, not multiplied";
                return ParameterRole.Embedding;
            case Linear:
                return Matrix(MatrixLayout.OutIn, "hidden matrix: its update is orthogonalized", out layout, out reason);
            case Convolution { groups: 1, transposed: true }:
                return Matrix(MatrixLayout.InOut, "filters as one [in, out·kernel] matrix", out layout, out reason);
            case Convolution { groups: 1 }:
                return Matrix(MatrixLayout.OutIn, "filters as one [out, in·kernel] matrix", out layout, out reason);
            case Convolution { transposed: false } grouped when parameter.shape[1] > 1:
                return Matrix(Split("group", (int)grouped.groups, parameter), "filters, a matrix for each group", out layout, out reason);
            case Convolution:
                reason = "depthwise or grouped transposed filters: no matrices of some size";
                return ParameterRole.Bias;
            case LSTM or LSTMCell:
                return Matrix(Split("gate", LstmGates, parameter), "a matrix for each gate", out layout, out reason);
            case GRU or GRUCell:
                return Matrix(Split("gate", GruGates, parameter), "a matrix for each gate", out layout, out reason);
            case RNN or RNNCell:
                return Matrix(MatrixLayout.OutIn, "hidden matrix: its update is orthogonalized", out layout, out reason);
            case MultiheadAttention or TransformerEncoderLayer or TransformerDecoderLayer or TransformerEncoder or TransformerDecoder or Transformer:
                return name.EndsWith("in_proj_weight", StringComparison.Ordinal)
                    ? Matrix(Projections(parameter), "fused queries, keys and values", out layout, out reason)
                    : Matrix(MatrixLayout.OutIn, "hidden matrix: its update is orthogonalized", out layout, out reason);
            default:
                reason = $"a tensor that {module.GetType().Name} holds itself; say in roles what it is";
                return ParameterRole.Bias;
        }
    }

    private static ParameterRole Matrix(MatrixLayout value, string why, out MatrixLayout? layout, out string reason)
    {
        (layout, reason) = (value, why);
        return ParameterRole.Matrix;
    }

    private static MatrixLayout Projections(Tensor parameter)
    {
        int width = (int)(parameter.shape[0] / 3);
        return MatrixLayout.OutIn.Split(new MatrixPart("query", width), new MatrixPart("key", width), new MatrixPart("value", width));
    }

    private static MatrixLayout Split(string name, int count, Tensor parameter) =>
        MatrixLayout.OutIn.Split([.. Enumerable.Range(0, count).Select(index => new MatrixPart($"{name} {index}", (int)(parameter.shape[0] / count)))]);
}
