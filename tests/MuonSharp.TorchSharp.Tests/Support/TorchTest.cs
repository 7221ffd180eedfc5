using TorchSharp;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace MuonSharp.TorchSharp.Tests.Support;

/// <summary>A test that needs libtorch: skipped with the reason where it cannot be loaded. One at a time, because tensors are counted for the whole process.</summary>
public abstract class TorchTest
{
    protected TorchTest() => Assert.SkipWhen(Libtorch.Problem is not null, $"libtorch does not load: {Libtorch.Problem}");
}

/// <summary>Whether the native library is there.</summary>
internal static class Libtorch
{
    /// <summary>CI sets it: then a library that does not load is a failure.</summary>
    public const string RequiredVariable = "MUONSHARP_REQUIRE_LIBTORCH";

    public static string? Problem { get; } = Load();

    private static string? Load()
    {
        try
        {
            using torch.Tensor tensor = torch.ones(1);
            return null;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            return error.GetBaseException().Message.Split('\n')[0];
        }
    }
}

public class LibtorchTests
{
    [Fact]
    public void Libtorch_loads_where_it_must()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable(Libtorch.RequiredVariable) is null && Libtorch.Problem is not null, $"libtorch does not load: {Libtorch.Problem}");
        Assert.Null(Libtorch.Problem);
    }
}
