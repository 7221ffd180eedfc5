using MuonSharp.Numerics;

namespace MuonSharp.Cli.Bench;

/// <summary>C = A B with C [m, n], depth k, the factors stored in one of three forms.</summary>
internal sealed unsafe class ProductCase : BenchCase
{
    private readonly WorkerTeam _team;
    private readonly Matrix _a;
    private readonly Matrix _b;
    private readonly Matrix _c;

    public ProductCase(string name, WorkerTeam team, int m, int n, int k, ProductForm form)
        : this(name, team, (m, n, k), form, Operand.Normal("a", m, k), Operand.Normal("b", k, n), new NativeBuffer((long)m * n))
    {
    }

    private ProductCase(string name, WorkerTeam team, (int M, int N, int K) size, ProductForm form, NativeBuffer a, NativeBuffer b, NativeBuffer c)
        : base(name, a, b, c)
    {
        (int m, int n, int k) = size;
        _team = team;
        _a = form == ProductForm.LeftTransposed ? Matrix.Dense(a.Pointer, k, m).Transposed : Matrix.Dense(a.Pointer, m, k);
        _b = form == ProductForm.RightTransposed ? Matrix.Dense(b.Pointer, n, k).Transposed : Matrix.Dense(b.Pointer, k, n);
        _c = Matrix.Dense(c.Pointer, m, n);
        Flops = 2.0 * m * n * k;
    }

    /// <inheritdoc/>
    public override double Flops { get; }

    /// <inheritdoc/>
    public override void Run() => MatrixProduct.Multiply(_team, _a, _b, _c);
}

/// <summary>Products of matrices.</summary>
internal sealed class ProductFamily() : BenchFamily(
    "product",
    "product-N, product-MxNxK[:abt|:atb]",
    "C [M, N] = A B over a depth of K; abt: B stored [N, K]; atb: A stored [K, M]",
    [
        "product-256", "product-384", "product-512", "product-768", "product-1024", "product-1536", "product-2304",
        .. Linear(768, 128, 512),
        .. Linear(2048, 384, 1536),
        .. Linear(1024, 768, 3072),
        "product-1024x2304x768:abt", "product-500x770x1030",
    ])
{
    private static readonly Dictionary<string, ProductForm> s_forms = new(StringComparer.Ordinal)
    {
        [""] = ProductForm.Plain,
        ["abt"] = ProductForm.RightTransposed,
        ["atb"] = ProductForm.LeftTransposed,
    };

    /// <inheritdoc/>
    public override Func<BenchContext, BenchCase>? Find(string name) =>
        BenchName.Parse(Name, name) is { Sizes: var sizes, Variant: var variant } && s_forms.TryGetValue(variant, out ProductForm form)
            ? sizes switch
            {
                [var n] => context => new ProductCase(name, context.Team, n, n, n, form),
                [var m, var n, var k] => context => new ProductCase(name, context.Team, m, n, k, form),
                _ => null,
            }
            : null;

    /// <inheritdoc/>
    public override string Rule(string name) => BenchName.Parse(Name, name) is { Variant: var variant } && !s_forms.ContainsKey(variant)
        ? $"the form must be one of {string.Join(", ", s_forms.Keys.Where(form => form.Length > 0))}; '{variant}' came"
        : base.Rule(name);

    /// <summary>The products of a transformer's feed-forward layers: up, down, and what their gradients take.</summary>
    private static string[] Linear(int tokens, int width, int hidden) =>
    [
        $"product-{tokens}x{hidden}x{width}:abt", $"product-{tokens}x{width}x{hidden}:abt",
        $"product-{tokens}x{width}x{hidden}", $"product-{tokens}x{hidden}x{width}",
        $"product-{hidden}x{width}x{tokens}:atb", $"product-{width}x{hidden}x{tokens}:atb",
    ];
}

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

/// <summary>Memory for a matrix of random numbers.</summary>
internal static class Operand
{
    /// <summary>Rows x columns normal numbers, the same ones every time.</summary>
    public static NativeBuffer Normal(string name, long rows, long columns)
    {
        var buffer = new NativeBuffer(rows * columns);
        new RandomStream(1, name).FillNormal(buffer.AsSpan(), 0, 0);
        return buffer;
    }
}
