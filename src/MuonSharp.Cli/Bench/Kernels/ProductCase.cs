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
        var (m, n, k) = size;
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
