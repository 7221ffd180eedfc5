namespace MuonSharp.Numerics;

/// <summary>Elementwise operations over contiguous floats, in place or not, shared among workers in chunks of fixed size.</summary>
public static unsafe class Elementwise
{
    /// <summary>Floats in a chunk: one task.</summary>
    public const int Chunk = 1 << 14;

    /// <summary>Number of tasks that an array is cut into.</summary>
    /// <param name="count">Number of floats.</param>
    /// <returns>The number of chunks.</returns>
    public static int Tasks(long count) => checked((int)((count + Chunk - 1) / Chunk));

    /// <summary>y = f(x), element by element.</summary>
    /// <typeparam name="TOperator">The operation.</typeparam>
    /// <param name="team">Workers; null runs on the calling thread.</param>
    /// <param name="x">Address of the operand; may be <paramref name="y"/>.</param>
    /// <param name="y">Address of the result.</param>
    /// <param name="count">Number of floats.</param>
    /// <param name="operation">The operation's constants.</param>
    public static void Map<TOperator>(WorkerTeam? team, float* x, float* y, long count, TOperator operation = default)
        where TOperator : struct, IUnaryOperator
    {
        var job = new UnaryJob<TOperator>(x, y, count, operation);
        TeamRunner.Run(team, Tasks(count), ref job);
    }

    /// <summary>y = f(a, b), element by element.</summary>
    /// <typeparam name="TOperator">The operation.</typeparam>
    /// <param name="team">Workers; null runs on the calling thread.</param>
    /// <param name="a">Address of an operand; may be <paramref name="y"/>.</param>
    /// <param name="b">Address of an operand; may be <paramref name="y"/>.</param>
    /// <param name="y">Address of the result.</param>
    /// <param name="count">Number of floats.</param>
    /// <param name="operation">The operation's constants.</param>
    public static void Map2<TOperator>(WorkerTeam? team, float* a, float* b, float* y, long count, TOperator operation = default)
        where TOperator : struct, IBinaryOperator
    {
        var job = new BinaryJob<TOperator>(a, b, y, count, operation);
        TeamRunner.Run(team, Tasks(count), ref job);
    }

    /// <summary>y = f(a, b, c), element by element.</summary>
    /// <typeparam name="TOperator">The operation.</typeparam>
    /// <param name="team">Workers; null runs on the calling thread.</param>
    /// <param name="a">Address of an operand; may be <paramref name="y"/>.</param>
    /// <param name="b">Address of an operand; may be <paramref name="y"/>.</param>
    /// <param name="c">Address of an operand; may be <paramref name="y"/>.</param>
    /// <param name="y">Address of the result.</param>
    /// <param name="count">Number of floats.</param>
    /// <param name="operation">The operation's constants.</param>
    public static void Map3<TOperator>(WorkerTeam? team, float* a, float* b, float* c, float* y, long count, TOperator operation = default)
        where TOperator : struct, ITernaryOperator
    {
        var job = new TernaryJob<TOperator>(a, b, c, y, count, operation);
        TeamRunner.Run(team, Tasks(count), ref job);
    }
}

/// <summary>An elementwise operation y = f(x), implemented by a struct whose fields are its constants.</summary>
public interface IUnaryOperator
{
    /// <summary>The operation on sixteen lanes.</summary>
    /// <typeparam name="L">Arithmetic on lanes.</typeparam>
    /// <typeparam name="V">The registers.</typeparam>
    /// <param name="x">The operand.</param>
    /// <returns>The result.</returns>
    V Invoke<L, V>(V x)
        where L : struct, ILanes<V>
        where V : struct;
}

/// <summary>An elementwise operation y = f(a, b), implemented by a struct whose fields are its constants.</summary>
public interface IBinaryOperator
{
    /// <summary>The operation on sixteen lanes.</summary>
    /// <typeparam name="L">Arithmetic on lanes.</typeparam>
    /// <typeparam name="V">The registers.</typeparam>
    /// <param name="a">First operand.</param>
    /// <param name="b">Second operand.</param>
    /// <returns>The result.</returns>
    V Invoke<L, V>(V a, V b)
        where L : struct, ILanes<V>
        where V : struct;
}

/// <summary>An elementwise operation y = f(a, b, c), implemented by a struct whose fields are its constants.</summary>
public interface ITernaryOperator
{
    /// <summary>The operation on sixteen lanes.</summary>
    /// <typeparam name="L">Arithmetic on lanes.</typeparam>
    /// <typeparam name="V">The registers.</typeparam>
    /// <param name="a">First operand.</param>
    /// <param name="b">Second operand.</param>
    /// <param name="c">Third operand.</param>
    /// <returns>The result.</returns>
    V Invoke<L, V>(V a, V b, V c)
        where L : struct, ILanes<V>
        where V : struct;
}
