"""The quant's instruments: options, credit, bonds, curves, risk, portfolios and the arithmetic of growth."""
