namespace MuonSharp.Peers;

/// <summary>Work whose time is measured; one call does all of it.</summary>
internal interface IWork : IDisposable
{
    /// <summary>FLOPs of a call's products; 0: whoever asks knows them otherwise.</summary>
    double Flops => 0;

    /// <summary>A call.</summary>
    void Run();
}

/// <summary>The work that there is, by the names of <c>muonsharp bench</c>.</summary>
internal static class PeerCase
{
    /// <summary>Makes TorchSharp's side.</summary>
    /// <param name="name">Name of the work: <c>product-768</c>, <c>orthogonalize-768x3072</c>, <c>conv-24x64x3x31</c>, <c>airbench94-2000</c>, <c>generate-gpt2-124m</c>, <c>step-nanogpt-cpu</c>.</param>
    /// <param name="form">Which of the ways to write it.</param>
    /// <param name="optimizer">Who updates in a step of a language model.</param>
    /// <exception cref="ArgumentException">There is no such work.</exception>
    public static IWork Theirs(string name, string form, string optimizer) => Kind(name) switch
    {
        "product" => new TorchProduct(MatrixSize.Parse(name, 3), form),
        "orthogonalize" => new TorchOrthogonalize(MatrixSize.Parse(name, 2), form),
        "conv" => new TorchConvolution(ConvolutionSize.Parse(name), form),
        "airbench94" => new TorchAirbench94(Batch(name), form),
        "generate" => new TorchGenerate(LanguageShape.Of(name), form),
        "step" => new TorchStep(LanguageShape.Of(name), optimizer, form),
        _ => throw Unknown(name),
    };

    /// <summary>Makes our side of what the tool does not measure.</summary>
    /// <param name="name">Name of the work.</param>
    /// <param name="threads">Workers.</param>
    /// <exception cref="ArgumentException">There is no such work.</exception>
    public static IWork Ours(string name, int threads) => Kind(name) == "airbench94" ? new OurAirbench94(Batch(name), threads) : throw Unknown(name);

    /// <summary>First word of a name.</summary>
    public static string Kind(string name) => name.Split('-')[0];

    /// <summary>Images of a step of airbench94.</summary>
    public static int Batch(string name) => int.TryParse(name.AsSpan(name.IndexOf('-', StringComparison.Ordinal) + 1), out int batch) && batch > 0 ? batch
        : throw new ArgumentException($"[peer] a step of airbench94 is airbench94-BATCH; '{name}' came");

    private static ArgumentException Unknown(string name) => new($"[peer] work is product-MxNxK[:abt|:atb], orthogonalize-RxC, conv-IxOxKxS[xB], airbench94-B, generate-MODEL or step-MODEL[-BxT]; '{name}' came");
}
