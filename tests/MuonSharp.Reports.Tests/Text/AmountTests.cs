namespace MuonSharp.Reports.Tests;

public class AmountTests
{
    [Theory]
    [InlineData(0, "0")]
    [InlineData(999, "999")]
    [InlineData(9_999, "9999")]
    [InlineData(10_000, "10k")]
    [InlineData(72_140, "72.1k")]
    [InlineData(2_707_200, "2.71M")]
    [InlineData(1.5e9, "1.5G")]
    [InlineData(3.271e12, "3.27T")]
    [InlineData(1.5e15, "1.5P")]
    [InlineData(2e18, "2E")]
    public void Speeds_are_short(double value, string text) => Assert.Equal(text, Amount.Short(value));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1 KiB")]
    [InlineData(1_600_000, "1.5 MiB")]
    [InlineData(282_214_825_984, "262.8 GiB")]
    public void Memory_is_in_binary_units(long bytes, string text) => Assert.Equal(text, Amount.Bytes(bytes));

    [Theory]
    [InlineData(0.0073242, "0.73 %")]
    [InlineData(0.349, "34.9 %")]
    [InlineData(1.5, "150 %")]
    public void Shares_are_in_per_cent(double share, string text) => Assert.Equal(text, Amount.Percent(share));

    [Theory]
    [InlineData(0.02, "0.02")]
    [InlineData(0.0123456, "0.0123")]
    [InlineData(3e-5, "3e-5")]
    [InlineData(1e-10, "1e-10")]
    [InlineData(0, "0")]
    public void Learning_rates_have_three_digits(double value, string text) => Assert.Equal(text, Amount.Rate(value));

    [Theory]
    [InlineData(0.04, "0.0s")]
    [InlineData(4.25, "4.3s")]
    [InlineData(59.4, "59s")]
    [InlineData(59.7, "1m 00s")]
    [InlineData(67, "1m 07s")]
    [InlineData(7_500, "2h 05m")]
    [InlineData(3_599.6, "1h 00m")]
    public void Times_are_read_at_a_glance(double seconds, string text) => Assert.Equal(text, Amount.Time(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(67, "1m 07s")]
    [InlineData(1e300, "128102389h 24m")]
    public void A_time_beyond_all_bounds_is_the_longest(double seconds, string text) => Assert.Equal(text, Amount.Seconds(seconds));

    [Theory]
    [InlineData(1.36, "1.3600")]
    [InlineData(9999.5, "9999.5000")]
    [InlineData(116151.7256, "116,150")]
    [InlineData(1.2061e30, "1.206e30")]
    [InlineData(double.NaN, "not finite")]
    public void A_loss_has_four_decimals_unless_the_run_diverges(double value, string text) => Assert.Equal(text, Amount.Loss(value));

    [Theory]
    [InlineData(0, "0 threads")]
    [InlineData(1, "1 thread")]
    [InlineData(1234, "1,234 threads")]
    public void One_of_a_thing_is_singular(long value, string text) => Assert.Equal(text, Amount.Of(value, "thread"));
}
