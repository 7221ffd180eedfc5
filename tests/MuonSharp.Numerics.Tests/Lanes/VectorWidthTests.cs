using System.Globalization;

namespace MuonSharp.Numerics.Tests;

public sealed class VectorWidthTests
{
    /// <summary>CI runs these tests again with instruction sets switched off: this one makes sure that the switch worked.</summary>
    [Fact]
    public void Is_what_the_environment_asks_for()
    {
        if (IsOff("DOTNET_EnableHWIntrinsic"))
        {
            Assert.Equal(0, VectorWidth.Bits);
            Assert.False(VectorWidth.HasFusedMultiplyAdd);
        }
        else if (IsOff("DOTNET_EnableAVX2"))
        {
            Assert.Equal(128, VectorWidth.Bits);
            Assert.False(VectorWidth.HasFusedMultiplyAdd);
        }
        else if (IsOff("DOTNET_EnableAVX512"))
        {
            Assert.Equal(256, VectorWidth.Bits);
            Assert.True(VectorWidth.HasFusedMultiplyAdd);
        }
        else if (Environment.GetEnvironmentVariable(VectorWidth.Variable) is { } cap)
        {
            Assert.Equal(int.Parse(cap, CultureInfo.InvariantCulture), VectorWidth.Bits);
        }
        else
        {
            Assert.True(VectorWidth.Bits >= 128, "every processor that .NET runs well on has 128-bit vectors");
        }
    }

    private static bool IsOff(string variable) => Environment.GetEnvironmentVariable(variable) == "0";
}
