namespace MuonSharp.Cli.Bench;

/// <summary>How the factors of a product are stored.</summary>
internal enum ProductForm
{
    /// <summary>A B: the gradient of a linear layer's input.</summary>
    Plain,

    /// <summary>A Bᵀ: a linear layer whose weight is stored [out, in].</summary>
    RightTransposed,

    /// <summary>Aᵀ B: the gradient of a weight.</summary>
    LeftTransposed,
}
